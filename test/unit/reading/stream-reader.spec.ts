import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProcessNameInUseError } from '../../../lib/errors.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { StreamReader, type ReadSettings } from '../../../lib/reading/stream-reader.js';
import type {
  ConsumerRef,
  LostHistory,
  OpenGroupOptions,
  PendingEntry,
} from '../../../lib/store/event-store.js';
import { waitFor } from '../../support/wait-for.js';
import { FaultyTransport } from './faulty-store.js';

const stream = 'store.orders.*:stream';
const w1: ConsumerRef = { stream, group: 'shop-stock', consumer: 'w1' };
const w2: ConsumerRef = { ...w1, consumer: 'w2' };
/** A signal that there is no more time, which never comes. */
const IN_TIME = new AbortController().signal;
const REPORT = { listener: 'stock', reason: 'malformed', message: 'no event', attempts: 0 };

describe('StreamReader', () => {
  let faulty: FaultyTransport;
  let skippedMs: number;
  let lost: string[];
  let historyLost: LostHistory[];
  let upkeepFailures: unknown[];
  let news: number;
  let readers: StreamReader[];

  beforeEach(() => {
    skippedMs = 0;
    faulty = new FaultyTransport();
    faulty.memory = newMemory();
    [lost, historyLost, upkeepFailures, news, readers] = [[], [], [], 0, []];
  });
  afterEach(async () => {
    for (const reader of readers) await reader.close();
  });

  /** Its clock can be put forward: entries become idle without anybody waiting. */
  function newMemory(): MemoryStore {
    return new MemoryStore({ now: () => Date.now() + skippedMs });
  }

  function newReader(
    settings: Partial<ReadSettings> = {},
    since = '0',
    ref: ConsumerRef = w1,
  ): StreamReader {
    const reader = new StreamReader(
      faulty.store,
      ref,
      {
        batchSize: 2,
        acknowledgementTimeoutMs: 60_000,
        reclaimIntervalMs: 60_000,
        reclaimBatchSize: 10,
        consumerTtlMs: 60_000,
        ...settings,
      },
      since,
      { host: 'here', pid: 1, since: 'now', token: 'this process' },
      {
        lost: (nativeId) => void lost.push(nativeId),
        historyLost: (history) => void historyLost.push(history),
        upkeepFailed: (error) => void upkeepFailures.push(error),
        news: () => (news += 1),
      },
    );
    readers.push(reader);
    return reader;
  }

  function append(...values: (string | number)[]): Promise<string[]> {
    const entries = values.map((value) => ['value', String(value)]);
    return faulty.memory.append(stream, entries, { maxLength: null, timeoutMs: 1000 });
  }

  /** Has a consumer of the group fetch entries, which stay pending. */
  async function handOut(ref: ConsumerRef, count: number): Promise<void> {
    await faulty.memory.openGroup(ref, { since: '0' });
    await faulty.memory.readNew(ref, count);
  }

  /** Takes everything until the reader is dry, acknowledging it. */
  async function drain(reader: StreamReader): Promise<PendingEntry[]> {
    const seen: PendingEntry[] = [];
    for (;;) {
      await reader.fill();
      const entry = reader.take();
      if (!entry) return seen;
      seen.push(entry);
      reader.acknowledge(entry.nativeId);
    }
  }

  function values(entries: readonly PendingEntry[]): (string | undefined)[] {
    return entries.map(({ fields }) => fields?.[1]);
  }

  async function pendingOf(ref: ConsumerRef): Promise<(string | undefined)[]> {
    return values(await faulty.memory.readPending(ref, '0-0', 100));
  }

  describe('order', () => {
    it("hands out its own pending entries first, then others' that timed out, then new ones", async () => {
      await append(1, 2, 3, 4, 5, 6, 7, 8);
      await handOut(w2, 2);
      await handOut(w1, 3);
      skippedMs = 61_000;
      await handOut(w2, 1);
      const reader = newReader();
      await reader.open();

      const seen = await drain(reader);

      // 6 is w2's, and fresh.
      expect(values(seen)).toEqual(['3', '4', '5', '1', '2', '7', '8']);
      expect(seen.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2, 2, 2, 1, 1]);
      expect(await pendingOf(w1)).toEqual([]);
      expect(await pendingOf(w2)).toEqual(['6']);
    });

    it('pages through its pending entries by the id of the last one', async () => {
      const ids = await append(1, 2, 3, 4, 5);
      await handOut(w1, 5);
      const reader = newReader({ batchSize: 2 });
      await reader.open();

      expect(values(await drain(reader))).toEqual(['1', '2', '3', '4', '5']);

      expect(faulty.callsOf('readPending').map(([, after, count]) => [after, count])).toEqual(
        ['0-0', ids[1], ids[3], ids[4]].map((after) => [after, 2]),
      );
    });

    it('takes over reclaim_batch_size entries at once, until there are none', async () => {
      await append(1, 2, 3, 4, 5);
      await handOut(w2, 5);
      skippedMs = 61_000;
      const reader = newReader({ reclaimBatchSize: 2 });
      await reader.open();

      await reader.fill();
      expect(await pendingOf(w1)).toEqual(['1', '2']);

      expect(values(await drain(reader))).toEqual(['1', '2', '3', '4', '5']);
      const claims = faulty.callsOf('claim').map(([, minIdleMs, , count]) => [minIdleMs, count]);
      expect(claims).toEqual([
        [60_000, 2],
        [60_000, 2],
        [60_000, 2],
      ]);
    });

    it('fetches batch_size new entries at once, and no more before those are handed out', async () => {
      await append(1, 2, 3, 4, 5);
      const reader = newReader({ batchSize: 3 });
      await reader.open();
      await reader.fill();
      await reader.fill();
      expect(await pendingOf(w1)).toEqual(['1', '2', '3']);
      expect(faulty.callsOf('readNew').map(([, count]) => count)).toEqual([3]);
    });

    it('looks for timed-out entries every reclaim_interval, also while new ones keep coming', async () => {
      const reader = newReader({ reclaimIntervalMs: 20, batchSize: 1 });
      await reader.open();
      await drain(reader);
      await append('abandoned');
      await handOut(w2, 1);
      skippedMs = 61_000;
      let number = 0;

      const seen = await waitFor(async () => {
        await append(number++);
        const drained = values(await drain(reader));
        return drained.includes('abandoned') ? drained : undefined;
      });

      expect(seen[0]).toBe('abandoned');
    });
  });

  describe('waiting', () => {
    it('asks once, and again when it is told of news', async () => {
      const reader = newReader();
      await reader.open();
      for (let i = 0; i < 5; i++) await reader.fill();
      expect(faulty.callsOf('readNew')).toHaveLength(1);
      expect(reader.hasNews).toBe(false);

      await append(1);
      await waitFor(() => news === 1);

      expect(reader.hasNews).toBe(true);
      expect(values(await drain(reader))).toEqual(['1']);
    });

    it('waits for what follows the last entry that it has seen', async () => {
      const [, second] = await append(1, 2);
      const reader = newReader({ batchSize: 10 });
      await reader.open();
      await drain(reader);
      expect(faulty.callsOf('whenAppended').map(([, after]) => after)).toEqual([second]);
    });

    it('asks again without news when told to, and goes on waiting', async () => {
      const reader = newReader();
      await reader.open();
      await reader.fill();
      reader.lookAgain();
      await reader.fill();
      expect(faulty.callsOf('readNew')).toHaveLength(2);
      expect(faulty.callsOf('whenAppended')).toHaveLength(1);
    });

    it('is over when the reader is closed', async () => {
      const reader = newReader();
      await reader.open();
      await reader.fill();
      const [, , signal] = faulty.callsOf('whenAppended')[0] as [string, string, AbortSignal];
      await reader.close();
      expect(signal.aborted).toBe(true);
      await append(1);
      expect(news).toBe(0);
    });
  });

  describe('failures', () => {
    it.each(['fail', 'loseAnswer'] as const)(
      'never hands out an entry again whose acknowledgement had a fault (%s)',
      async (fault) => {
        await append(1, 2);
        const reader = newReader({ batchSize: 1 });
        await reader.open();
        await reader.fill();
        faulty[fault]('acknowledge');
        reader.acknowledge(reader.take()!.nativeId);

        await expect(reader.fill()).rejects.toThrow('acknowledge');
        await reader.open();

        expect(values(await drain(reader))).toEqual(['2']);
        await reader.settle(IN_TIME);
        expect(await pendingOf(w1)).toEqual([]);
      },
    );

    it('tells of a failed acknowledgement at once, whatever else is at hand', async () => {
      await append(1, 2, 3);
      const reader = newReader({ batchSize: 3 });
      await reader.open();
      await reader.fill();
      faulty.fail('acknowledge');
      reader.acknowledge(reader.take()!.nativeId);
      await waitFor(() => reader.hasNews && news === 1);
      await expect(reader.fill()).rejects.toThrow('acknowledge failed');
    });

    it('tells of a failed acknowledgement while it waits', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      const held = faulty.hold('acknowledge', new Error('no connection'));
      reader.acknowledge(reader.take()!.nativeId);
      await held.entered;
      await reader.fill();
      expect(reader.hasNews).toBe(false);

      held.release();

      await waitFor(() => news === 1);
      expect(reader.hasNews).toBe(true);
      await expect(reader.fill()).rejects.toThrow('no connection');
    });

    it('finds entries in its pending list whose delivery had its answer lost', async () => {
      await append(1, 2, 3);
      const reader = newReader();
      await reader.open();
      faulty.loseAnswer('readNew');
      await expect(reader.fill()).rejects.toThrow('answer lost');
      await reader.open();
      const seen = await drain(reader);
      expect(values(seen)).toEqual(['1', '2', '3']);
      expect(seen.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 1]);
    });

    it('hands out an entry again that could not be set aside', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      faulty.fail('deadLetter');
      await reader.deadLetter(reader.take()!.nativeId, REPORT);

      await expect(reader.fill()).rejects.toThrow('deadLetter failed');
      await reader.open();
      await reader.fill();

      expect(reader.take()).toMatchObject({ fields: ['value', '1'], deliveryCount: 2 });
    });
  });

  describe('a group that has vanished', () => {
    /** What a flush leaves behind. */
    async function flush(): Promise<void> {
      await faulty.memory.close();
      faulty.memory = newMemory();
      skippedMs += 10;
    }

    async function reopen(reader: StreamReader): Promise<unknown> {
      await expect(reader.fill()).rejects.toThrow(/NOGROUP/);
      await reader.open();
      return (faulty.callsOf('openGroup').at(-1)?.[1] as OpenGroupOptions).position;
    }

    it('is made again after the last entry that was acknowledged', async () => {
      const [first] = await append(1, 2, 3);
      const reader = newReader({ batchSize: 1 });
      await reader.open();
      await reader.fill();
      reader.acknowledge(reader.take()!.nativeId);
      await reader.settle(IN_TIME);
      await flush();
      expect(await reopen(reader)).toBe(first);
      await append(4);
      expect(values(await drain(reader))).toEqual(['4']);
    });

    it('is made again before an entry that is not dealt with', async () => {
      const [first, second] = await append(1, 2);
      const reader = newReader({ batchSize: 1 });
      await reader.open();
      await reader.fill();
      reader.acknowledge(reader.take()!.nativeId);
      await reader.fill();
      expect(reader.head?.nativeId).toBe(second);
      reader.take();
      await flush();
      const since = await reopen(reader);
      expect(since).toBe(first);
    });

    it('is made again where it was found, if nothing has been acknowledged since', async () => {
      const [, second] = await append(1, 2);
      await handOut(w2, 2);
      const reader = newReader();
      await reader.open();
      await flush();
      expect(await reopen(reader)).toBe(second);
    });

    it("is made again before this consumer's pending entries, if there were any", async () => {
      const [first, second] = await append(1, 2);
      await handOut(w2, 1);
      await handOut(w1, 1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      expect(reader.take()?.nativeId).toBe(second);
      await flush();
      const [ms, sequence] = second!.split('-').map(Number);
      const before = sequence ? `${ms}-${sequence - 1}` : `${ms! - 1}-18446744073709551615`;
      expect(await reopen(reader)).toBe(before);
      expect(first).not.toBe(second);
    });

    it('is made again at the end of the stream as it was, if it began with $', async () => {
      const [, second] = await append(1, 2);
      const reader = newReader({}, '$');
      await reader.open();
      await flush();
      expect(await reopen(reader)).toBe(second);
    });
  });

  describe('entries in hand', () => {
    it('are kept from being taken over, those that are fetched ahead too', async () => {
      await append(1, 2, 3);
      const reader = newReader({ acknowledgementTimeoutMs: 90, batchSize: 3 });
      await reader.open();
      await reader.fill();
      const first = reader.take()!;
      const ids = [first, ...[2, 3].map(() => reader.head)].map((entry) => entry!.nativeId);
      expect(ids[0]).not.toBe(ids[1]);

      await waitFor(() => faulty.callsOf('keepAlive').length >= 2);

      const asked = faulty.callsOf('keepAlive').map(([, kept]) => kept);
      expect(asked[0]).toHaveLength(3);
      expect(asked[1]).toEqual(asked[0]);
      reader.acknowledge(first.nativeId);
      await reader.settle(IN_TIME);
      const calls = faulty.callsOf('keepAlive').length;
      await waitFor(() => faulty.callsOf('keepAlive').length > calls + 1);
      expect(faulty.callsOf('keepAlive').at(-1)?.[1]).toHaveLength(2);
    });

    it('are told to be lost once when another consumer has taken them over', async () => {
      const [first, second] = await append(1, 2);
      const reader = newReader({ acknowledgementTimeoutMs: 60 });
      await reader.open();
      await reader.fill();
      reader.take();
      await faulty.memory.openGroup(w2, { since: '0' });
      await faulty.memory.claim(w2, 0, '-', 10);

      await waitFor(() => lost.length === 2);

      expect(lost).toEqual([first, second]);
      // The one that was fetched ahead is not handed out any more.
      expect(reader.head).toBeUndefined();
      reader.acknowledge(first!);
      await reader.settle(IN_TIME);
      expect(lost).toEqual([first, second]);
      expect(await pendingOf(w2)).toEqual(['1', '2']);
    });

    it('are told to be lost at the acknowledgement at the latest', async () => {
      const [first] = await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      reader.take();
      await faulty.memory.openGroup(w2, { since: '0' });
      await faulty.memory.claim(w2, 0, '-', 10);
      reader.acknowledge(first!);
      await reader.settle(IN_TIME);
      expect(lost).toEqual([first]);
      expect(await pendingOf(w2)).toEqual(['1']);
    });

    it('are not kept alive any more after the reader is closed', async () => {
      await append(1);
      const reader = newReader({ acknowledgementTimeoutMs: 30 });
      await reader.open();
      await reader.fill();
      await waitFor(() => faulty.callsOf('keepAlive').length > 0);
      await reader.close();
      const calls = faulty.callsOf('keepAlive').length;
      // Another reader's timer tells that enough time has passed.
      const other = { ...w1, stream: 'store.stock.*:stream' };
      await faulty.memory.append(other.stream, [['value', '1']], { maxLength: null, timeoutMs: 1 });
      const clock = newReader({ acknowledgementTimeoutMs: 30 }, '0', other);
      await clock.open();
      await clock.fill();
      const keptOf = (ref: ConsumerRef) =>
        faulty.callsOf('keepAlive').filter(([of]) => (of as ConsumerRef).stream === ref.stream);
      await waitFor(() => keptOf(other).length > 2);
      expect(keptOf(w1)).toHaveLength(calls);
    });

    it('are not held where their data is gone: they stay with their owner', async () => {
      await append(1);
      await handOut(w2, 1);
      await faulty.memory.append(stream, [['value', '2']], { maxLength: 1, timeoutMs: 1000 });
      skippedMs = 61_000;
      const reader = newReader({ acknowledgementTimeoutMs: 60_000 });
      await reader.open();
      await reader.fill();
      expect(reader.head?.fields).toBeNull();
      const { nativeId } = reader.take()!;

      await reader.deadLetter(nativeId, REPORT);
      // Somebody else was faster: nothing to tell.
      await reader.deadLetter(nativeId, REPORT);

      expect(lost).toEqual([]);
      expect(await pendingOf(w2)).toEqual([]);
    });
  });

  describe('the lease on its name', () => {
    const other = { host: 'here', pid: 2, since: 'later', token: 'another process' };

    afterEach(() => void jest.restoreAllMocks());

    /** This process stands still for longer than a lease lasts, and so does its clock. */
    function standStill(): void {
      const now = Date.now();
      jest.spyOn(Date, 'now').mockImplementation(() => now + 10_000);
    }

    it('is asked for before anything is read or handed out, after it may have ended', async () => {
      await append(1, 2, 3, 4);
      const reader = newReader();
      await reader.open();
      await reader.fill();

      standStill();
      expect(await faulty.memory.lease(w1, other, 3_000)).toBeNull();
      await expect(reader.fill()).rejects.toBeInstanceOf(ProcessNameInUseError);
      expect(values(await faulty.memory.readNew(w1, 9))).toEqual(['3', '4']);
      await faulty.memory.release(w1, other);
    });

    it('is asked for again if it may have ended while the reader read', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      const held = faulty.hold('readNew');
      const filling = reader.fill();
      await held.entered;
      standStill();
      await faulty.memory.lease(w1, other, 3_000);
      held.release();
      await expect(filling).rejects.toBeInstanceOf(ProcessNameInUseError);
      await faulty.memory.release(w1, other);
    });

    it('is not asked for each time', async () => {
      await append(1, 2, 3, 4, 5, 6);
      const reader = newReader();
      await reader.open();
      await drain(reader);
      expect(faulty.callsOf('lease')).toHaveLength(1);
    });
  });

  describe('settle', () => {
    it('waits for the acknowledgements that are on their way', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      const held = faulty.hold('acknowledge');
      reader.acknowledge(reader.take()!.nativeId);
      let settled = false;
      const settling = reader.settle(IN_TIME).then(() => (settled = true));
      await held.entered;
      expect(settled).toBe(false);
      held.release();
      await settling;
      expect(await pendingOf(w1)).toEqual([]);
    });

    it('repeats one that failed, until it is confirmed', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      faulty.fail('acknowledge', 3);
      reader.acknowledge(reader.take()!.nativeId);
      await reader.settle(IN_TIME);
      expect(await pendingOf(w1)).toEqual([]);
      expect(faulty.callsOf('acknowledge')).toHaveLength(4);
    });

    it('acknowledges what a group hands out once more that was destroyed meanwhile', async () => {
      await append(1, 2);
      const reader = newReader({ batchSize: 1 });
      await reader.open();
      await reader.fill();
      const stored = await faulty.memory.range(stream, { start: '-', end: '+', count: 9 });
      faulty.memory = newMemory();
      const entries = stored.map(({ fields }) => fields ?? []);
      jest.spyOn(Date, 'now').mockReturnValue(Number(stored[0]!.nativeId.split('-')[0]));
      await faulty.memory.append(stream, entries, { maxLength: null, timeoutMs: 1000 });
      jest.restoreAllMocks();
      reader.acknowledge(reader.take()!.nativeId);
      await reader.settle(IN_TIME);
      expect(await pendingOf(w1)).toEqual(['2']);
    });

    it('rejects with what was in the way, once there is no more time', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      const time = new AbortController();
      faulty.fail('acknowledge', 100);
      reader.acknowledge(reader.take()!.nativeId);
      const settling = reader.settle(time.signal);
      await waitFor(() => faulty.callsOf('acknowledge').length > 2);
      time.abort();
      await expect(settling).rejects.toThrow('acknowledge failed');
      expect(await pendingOf(w1)).toEqual(['1']);
    });

    it('does not wait longer than there is time for an answer that does not come', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      await reader.fill();
      const time = new AbortController();
      const held = faulty.hold('acknowledge');
      reader.acknowledge(reader.take()!.nativeId);
      const settling = reader.settle(time.signal);
      await held.entered;
      time.abort(new Error('no time was left'));
      await expect(settling).rejects.toThrow('no time was left');
      held.release();
    });

    it('has nothing to wait for where all is confirmed, whatever the time', async () => {
      const reader = newReader();
      await reader.open();
      await reader.settle(AbortSignal.abort());
    });
  });

  describe('a new connection', () => {
    it('is noticed before anything that came over it is handed out: the group is looked at first', async () => {
      await append(1);
      const reader = newReader();
      await reader.open();
      const held = faulty.hold('readNew');
      const filling = reader.fill();
      await held.entered;
      Object.assign(faulty.memory, { session: 1 });
      held.release();
      await expect(filling).rejects.toThrow(/is a new one/);
      expect(reader.head).toBeUndefined();

      await reader.open();
      expect(values(await drain(reader))).toEqual(['1']);
    });

    it('that Redis went back with: what it lost is told once, and the position goes back too', async () => {
      const [, , third] = await append(1, 2, 3);
      const reader = newReader();
      await reader.open();
      expect(await drain(reader)).toHaveLength(3);
      await reader.settle(IN_TIME);
      const rollback = { after: '0-0', until: third! };
      const maintain = jest
        .spyOn(faulty.memory, 'maintain')
        .mockResolvedValueOnce(rollback as never);
      const quick = newReader({ reclaimIntervalMs: 30 });
      await quick.open();
      await waitFor(() => historyLost.length === 1);
      const calls = maintain.mock.calls.length;
      await waitFor(() => maintain.mock.calls.length > calls);
      expect(maintain.mock.calls[0]?.slice(2)).toEqual([third]);
      expect(maintain.mock.calls.at(-1)?.slice(2)).toEqual(['0-0']);
    });
  });

  it('tells once that keeping house fails, and again after it has worked', async () => {
    const reader = newReader({ reclaimIntervalMs: 20 });
    await reader.open();
    faulty.fail('maintain', 3);
    await waitFor(() => faulty.callsOf('maintain').length > 4);
    expect(upkeepFailures).toHaveLength(1);
    faulty.fail('maintain');
    await waitFor(() => upkeepFailures.length === 2);
  });

  it('forgets that an entry was handled once its acknowledgement is known to have been carried out', async () => {
    await append(1);
    const reader = newReader({ batchSize: 1 });
    await reader.open();
    await reader.fill();
    faulty.loseAnswer('acknowledge');
    reader.acknowledge(reader.take()!.nativeId);
    await expect(reader.fill()).rejects.toThrow('acknowledge');
    await reader.open();
    expect(await drain(reader)).toEqual([]);
    // Otherwise it would be acknowledged without a call, should an operator set the group back.
    await reader.settle(IN_TIME);
    expect(faulty.callsOf('acknowledge')).toHaveLength(1);
  });
});
