import { Injectable } from '@nestjs/common';
import { TransportError } from '../errors.js';
import type { BusStream } from '../operations/bus-streams.js';
import { inContext } from '../redis/in-context.js';
import type { GroupDetails, InspectOptions, StreamState } from '../store/inspection.js';
import { DashboardBus } from './dashboard-bus.js';
import { PageError } from './page-error.js';

/** How many streams are looked at at a time. */
const SIDE_BY_SIDE = 10;

/** Up to where a list counts what a listener has not been given yet: every stream of it may take reading. */
const LIST_COUNTS_TO = 1_000;

/** A stream, and what it and its groups look like. */
export interface InspectedStream {
  readonly stream: BusStream;
  readonly state: StreamState;
}

/** What could be found out. */
export interface Inspected {
  readonly streams: readonly InspectedStream[];
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

/** A consumer group on one of its streams. */
export interface InspectedGroup {
  readonly stream: BusStream;
  readonly details: GroupDetails;
}

/** Looks at streams and groups for pages: one that can't be read does not hide the others. */
@Injectable()
export class Inspections {
  private running?: Promise<Inspected>;

  constructor(private readonly bus: DashboardBus) {}

  /** All streams. Who asks while that is being found out gets the same answer. Never rejects with TransportErrors. */
  all(): Promise<Inspected> {
    this.running ??= this.inspectAll().finally(() => (this.running = undefined));
    return this.running;
  }

  /** @throws PageError 404 where there is no such stream; TransportError */
  async stream(name: string, options: InspectOptions = { memory: true }): Promise<InspectedStream> {
    const stream = (await this.bus.streams()).find((one) => one.name === name);
    const state = stream && (await inspect(stream, options));
    if (stream && state) return { stream, state };
    throw new PageError(404, 'No such stream', 'There is no stream of this name (any more).');
  }

  /** A consumer group on each of its streams, in the order of their names; none where there is no such group. */
  async group(name: string): Promise<InspectedGroup[]> {
    const streams = await this.bus.streams();
    const found = await sideBySide(streams, (stream) => inspect(stream, { groups: [name] }));
    return streams.flatMap((stream, i) => {
      const details = found[i]?.groups.find((group) => group.name === name);
      return details ? [{ stream, details }] : [];
    });
  }

  private async inspectAll(): Promise<Inspected> {
    const problems: string[] = [];
    const unlessDown = async <T>(work: Promise<T>): Promise<T | null> => {
      try {
        return await work;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        problems.push(error.message);
        return null;
      }
    };
    const streams = (await unlessDown(this.bus.streams())) ?? [];
    const options = { memory: true, countUpTo: LIST_COUNTS_TO };
    const states = await sideBySide(streams, (stream) => unlessDown(inspect(stream, options)));
    const found = streams.flatMap((stream, i) => {
      const state = states[i];
      return state ? [{ stream, state }] : [];
    });
    return { streams: found, problems: [...new Set(problems)] };
  }
}

function inspect({ name, store }: BusStream, options: InspectOptions): Promise<StreamState | null> {
  return inContext(`Looking at '${name}'`, store.description, store.inspect(name, options));
}

async function sideBySide<T, Result>(
  items: readonly T[],
  work: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const found: Result[] = [];
  for (let from = 0; from < items.length; from += SIDE_BY_SIDE) {
    found.push(...(await Promise.all(items.slice(from, from + SIDE_BY_SIDE).map(work))));
  }
  return found;
}
