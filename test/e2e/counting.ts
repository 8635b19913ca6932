import type { Type } from '@nestjs/common';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, EventMessage, OnEvent, type OnEventOptions } from 'nestjs-lightbus';
import { uniqueName } from '../support/redis-server.js';
import { startApplication, type Application, type ApplicationParts } from './application.js';

/** Consumer group of {@link startCounting}'s listener. */
export const GROUP = 'svc-recorder';

/** An API of its own with one event, `counted`, that carries a number. */
export interface CountedApi {
  readonly api: string;
  /** Stream of the API (`per_api`). */
  readonly stream: string;
  readonly Counted: Type<{ n: number }>;
}

/** An API that no other test uses. */
export function newCountedApi(name: string): CountedApi {
  const api = uniqueName(name);
  @Event(`${api}.counted`)
  class Counted {
    @IsInt() n!: number;
  }
  return { api, stream: `${api}.*:stream`, Counted };
}

/** A listener that writes down what it was given. */
export interface Recorder {
  readonly seen: number[];
  readonly messages: EventMessage[];
  /** What else to do with each number; may throw. */
  handle: (n: number, message: EventMessage) => Promise<void> | void;
}

/** A provider with one listener on all events of an API. */
export function recorderOf(
  { api }: Pick<CountedApi, 'api'>,
  options: Partial<OnEventOptions> = {},
): Type<Recorder> {
  class NumberRecorder implements Recorder {
    readonly seen: number[] = [];
    readonly messages: EventMessage[] = [];
    handle: Recorder['handle'] = () => undefined;

    @OnEvent(`${api}.*`, { listenerName: 'recorder', ...options })
    async record({ n }: { n: number }, message: EventMessage): Promise<void> {
      await this.handle(n, message);
      this.seen.push(n);
      this.messages.push(message);
    }
  }
  return NumberRecorder;
}

/** Stores the event as another service would, with a raw client. */
export async function addRaw(redis: Redis, stream: string, n: number): Promise<string> {
  const apiName = stream.slice(0, stream.lastIndexOf('.'));
  const fields = ['id', `raw-${n}`, 'api_name', apiName, 'event_name', 'counted', 'version', '1'];
  return (await redis.xadd(stream, '*', ...fields, ':n', String(n))) ?? '';
}

/** How many entries a group has handed out that are not acknowledged. */
export async function pendingCount(redis: Redis, stream: string, group: string): Promise<number> {
  const [count] = await redis.xpending(stream, group);
  return Number(count);
}

const applications: Application[] = [];

/** Closes what {@link start} and {@link startCounting} have started. */
export async function closeApplications(): Promise<void> {
  await Promise.all(applications.splice(0).map((application) => application.close()));
}

/** Starts an application that {@link closeApplications} closes. */
export async function start(parts: ApplicationParts): Promise<Application> {
  const application = await startApplication(parts);
  applications.push(application);
  return application;
}

/** Starts an application with one listener on an API of its own. */
export async function startCounting(parts: Partial<ApplicationParts> & { url: string }) {
  const counted = newCountedApi('lifecycle');
  const Recorder = recorderOf(counted);
  const startAgain = () =>
    start({ service: 'svc', events: [counted.Counted], providers: [Recorder], ...parts });
  const application = await startAgain();
  const recorder = () => application.app.get(Recorder);
  const fire = (n: number) => application.bus.fire(counted.Counted, { n });
  return { ...counted, Recorder, application, recorder, fire, startAgain };
}

/** Lines of one level, without the audit of the server. */
export function linesOf({ logs }: Application, level: string): string[] {
  return logs.filter((line) => line.startsWith(`${level} `) && !line.includes('Durability of'));
}

/** Connections of applications, by role. */
export async function ourConnections(redis: Redis): Promise<{ id: number; name: string }[]> {
  const list = (await redis.client('LIST')) as string;
  return [...list.matchAll(/id=(\d+) .*name=nestjs-lightbus-(\S+)/g)].map(([, id, name]) => ({
    id: Number(id),
    name: name ?? '',
  }));
}

/** `from` to `to`, both included. */
export const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
