import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import { StreamReader } from '../../../lib/reading/stream/stream-reader.js';
import type { ReadSettings } from '../../../lib/reading/stream-source.js';
import { Interruptions } from '../../../lib/reading/interruptions.js';
import type { Holder, Member, PendingEntry } from '../../../lib/store/consumer-groups.js';
import type { VanishedHistory } from '../../../lib/store/group-state.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { FaultyStore } from './faulty-store.js';

/** The stream that readers read, unless a test says otherwise. */
export const STREAM = 'store.orders.*:stream';

/** A signal that there is no more time, which never comes. */
export const IN_TIME: AbortSignal = new AbortController().signal;

/** A process, as holder of names. */
export function aProcess(token: string): Holder {
  return { host: 'here', pid: 1, since: 'now', token };
}

/** A consumer's name in the hands of a process. */
export function member(consumer: string, token = `process of ${consumer}`): Member {
  return { stream: STREAM, group: 'shop-stock', consumer, holder: aProcess(token) };
}

/** What a reader has told without being asked. */
export interface Told {
  readonly taken: string[];
  readonly vanished: VanishedHistory[];
  readonly upkeepFailures: unknown[];
  woken: number;
}

/** Readers on a store in memory, each for a process of its own, and what they tell. */
export class ReadingStage {
  readonly faulty = new FaultyStore();
  /** How far the store's clock is ahead: entries become idle without anybody waiting. */
  skippedMs = 0;
  private readonly processes = new Map<string, SharedReading>();
  private readonly readers: StreamReader[] = [];
  private readonly told = new Map<StreamReader, Told>();

  constructor() {
    this.flush();
  }

  /** Forgets all that is stored. */
  flush(): void {
    this.faulty.memory = new MemoryStore({ now: () => Date.now() + this.skippedMs });
  }

  /** What the readers of a process share. */
  sharedOf({ token }: Holder): SharedReading {
    const shared = this.processes.get(token) ?? new SharedReading(aProcess(token));
    this.processes.set(token, shared);
    return shared;
  }

  newReader(settings: Partial<ReadSettings> = {}, whose = member('w1'), since = '0'): StreamReader {
    const told: Told = { taken: [], vanished: [], upkeepFailures: [], woken: 0 };
    const reader = new StreamReader(
      { store: this.faulty.store, member: whose, since },
      {
        batchSize: 2,
        acknowledgementTimeoutMs: 60_000,
        reclaimIntervalMs: 60_000,
        reclaimBatchSize: 10,
        consumerTtlMs: 60_000,
        ...settings,
      },
      this.sharedOf(whose.holder),
      {
        tell: (news) => {
          if (news.kind === 'taken') told.taken.push(news.nativeId);
          else if (news.kind === 'upkeep_failed') told.upkeepFailures.push(news.error);
          else told.vanished.push(news.range);
        },
        countTaken: (page) =>
          new Interruptions(() => []).countTaken(
            { store: this.faulty.store, member: whose },
            page,
            60_000,
          ),
        wake: () => (told.woken += 1),
      },
    );
    this.readers.push(reader);
    this.told.set(reader, told);
    return reader;
  }

  /** A reader that is open. */
  async open(...args: Parameters<ReadingStage['newReader']>): Promise<StreamReader> {
    const reader = this.newReader(...args);
    const { interrupted } = await reader.open();
    if (interrupted && !interrupted.isKnown) {
      await this.faulty.store.countAttempt(reader.member, interrupted.nativeId);
    }
    return reader;
  }

  toldBy(reader: StreamReader): Told {
    return this.told.get(reader)!;
  }

  append(...values: (string | number)[]): Promise<string[]> {
    const entries = values.map((value) => ['value', String(value)]);
    return this.faulty.memory.append(STREAM, entries, { maxLength: null, timeoutMs: 1000 });
  }

  /** Has a consumer of the group fetch entries, which stay pending. */
  async handOut(whose: Member, count: number): Promise<void> {
    await this.faulty.memory.openGroup(whose, { since: '0' });
    await this.faulty.memory.readNew(whose, count);
  }

  /** The values of what is pending with a consumer, `gone` for those without data. Changes nothing. */
  pendingOf(consumer: string): string[] {
    return pendingIn(this.faulty.memory, STREAM, consumer).map((fields) => fields?.[1] ?? 'gone');
  }

  /** Closes every reader. */
  async close(): Promise<void> {
    for (const reader of this.readers) await reader.close();
  }
}

/** Hands out the head, if there is one, and acknowledges it. */
export function handle(reader: StreamReader): PendingEntry | undefined {
  const entry = reader.take();
  if (entry) reader.acknowledge(entry.nativeId);
  return entry;
}

/** Takes everything until the reader is dry, acknowledging it. */
export async function drain(reader: StreamReader): Promise<PendingEntry[]> {
  const seen: PendingEntry[] = [];
  for (;;) {
    await reader.fill();
    const entry = handle(reader);
    if (!entry) return seen;
    seen.push(entry);
  }
}

/** What is in the entries. */
export function valuesOf(entries: readonly PendingEntry[]): (string | undefined)[] {
  return entries.map(({ fields }) => fields?.[1] ?? 'gone');
}

/** This process stands still, and so does its clock, until the mocks are restored. */
export function standStill(ms: number): void {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => now + ms);
}

/** Lets everything happen that waits for nothing. */
export function settled(): Promise<void> {
  return delay(0);
}

/** The fields of what is pending with a consumer of any group of a stream. Changes nothing. */
export function pendingIn(
  memory: MemoryStore,
  stream: string,
  consumer: string,
): (readonly string[] | null | undefined)[] {
  const entries = memory['streams'].get(stream);
  return [...memory['groups']]
    .filter(([key]) => (JSON.parse(key) as string[])[0] === stream)
    .flatMap(([, group]) => [...group['pending']])
    .filter(([, delivery]) => delivery.consumer === consumer)
    .map(([position]) => entries?.fieldsAt(position));
}
