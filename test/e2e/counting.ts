import type { Type } from '@nestjs/common';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, OnEvent, type EventMessage, type OnEventOptions } from 'nestjs-lightbus';
import { uniqueName } from '../support/redis-server.js';

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
