import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DisconnectedError, TransportError } from '../../../../lib/errors.js';
import type { StreamReader } from '../../../../lib/reading/stream/stream-reader.js';
import type { OpenGroupOptions } from '../../../../lib/store/group-state.js';
import { waitFor } from '../../../support/wait-for.js';
import type { FaultyStore } from '../faulty-store.js';
import {
  drain,
  handle,
  IN_TIME,
  member,
  ReadingStage,
  STREAM,
  valuesOf,
} from '../reading-stage.js';

const w1 = member('w1');
const w2 = member('w2');
const REPORT = { listener: 'stock', reason: 'malformed', message: 'no event', attempts: 0 };

describe('StreamReader', () => {
  let stage: ReadingStage;
  let faulty: FaultyStore;

  beforeEach(() => {
    stage = new ReadingStage();
    faulty = stage.faulty;
  });
  afterEach(() => stage.close());

  describe('order', () => {
    it("hands out its own pending entries first, then others' that timed out, then new ones", async () => {
      await stage.append(1, 2, 3, 4, 5, 6, 7, 8);
      await stage.handOut(w2, 2);
      await stage.handOut(w1, 3);
      stage.skippedMs = 61_000;
      await stage.handOut(w2, 1);
      const reader = await stage.open();

      const seen = await drain(reader);

      // 6 is w2's, and fresh.
      expect(valuesOf(seen)).toEqual(['3', '4', '5', '1', '2', '7', '8']);
      expect(seen.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2, 2, 2, 1, 1]);
      expect(stage.pendingOf('w1')).toEqual([]);
      expect(stage.pendingOf('w2')).toEqual(['6']);
    });

    it('pages through its pending entries by the id of the last one', async () => {
      const ids = await stage.append(1, 2, 3, 4, 5);
      await stage.handOut(w1, 5);
      const reader = await stage.open({ batchSize: 2 });

      expect(valuesOf(await drain(reader))).toEqual(['1', '2', '3', '4', '5']);

      expect(faulty.callsOf('readPending').map(([, after, count]) => [after, count])).toEqual(
        ['0-0', ids[1], ids[3], ids[4]].map((after) => [after, 2]),
      );
    });

    it('takes over reclaim_batch_size entries at once, one page after the other was handed out', async () => {
      await stage.append(1, 2, 3, 4, 5);
      await stage.handOut(w2, 5);
      stage.skippedMs = 61_000;
      const reader = await stage.open({ reclaimBatchSize: 2 });

      await reader.fill();
      expect(stage.pendingOf('w1')).toEqual(['1', '2']);
      handle(reader);
      await reader.fill();
      expect(stage.pendingOf('w2')).toEqual(['3', '4', '5']);

      expect(valuesOf(await drain(reader))).toEqual(['2', '3', '4', '5']);
      const claims = faulty.callsOf('claim').map(([, minIdleMs, , count]) => [minIdleMs, count]);
      expect(claims).toEqual(Array(3).fill([60_000, 2]));
    });

    it('shares many entries that were driven again among the consumers, a page at a time', async () => {
      const ids = await stage.append(...Array.from({ length: 40 }, (_, i) => i));
      await stage.handOut(w2, 40);
      for (const id of ids) await faulty.memory.deadLetter(w2, id, REPORT);
      const letters = await faulty.memory.deadLetters(w2, { start: '-', end: '+', count: 100 });
      const pairs = letters.map(({ id, report }) => ({ id, nativeId: report!.nativeId }));
      await faulty.memory.redrive(w2, pairs);
      const readers = [
        await stage.open({ reclaimBatchSize: 5 }),
        await stage.open({ reclaimBatchSize: 5 }, member('w3')),
      ];
      const seen: string[][] = [[], []];
      while (seen.flat().length < 40) {
        for (const [i, reader] of readers.entries()) {
          await reader.fill();
          // Never more than a page at hand.
          expect(stage.pendingOf(`w${2 * i + 1}`).length).toBeLessThanOrEqual(6);
          const entry = handle(reader);
          if (entry) seen[i]?.push(entry.fields![1]!);
        }
      }
      expect(
        seen
          .flat()
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(ids.map((_, i) => i));
      expect(seen.map(({ length }) => length)).toEqual([20, 20]);
      for (const own of seen)
        expect(own.map(Number)).toEqual([...own.map(Number)].sort((a, b) => a - b));
    });

    it('fetches batch_size new entries at once, and no more before those are handed out', async () => {
      await stage.append(1, 2, 3, 4, 5);
      const reader = await stage.open({ batchSize: 3 });
      await reader.fill();
      await reader.fill();
      expect(stage.pendingOf('w1')).toEqual(['1', '2', '3']);
      expect(faulty.callsOf('readNew').map(([, count]) => count)).toEqual([3]);
    });

    it('looks for timed-out entries every reclaim_interval, also while new ones keep coming', async () => {
      const reader = await stage.open({ reclaimIntervalMs: 20, batchSize: 1 });
      await drain(reader);
      await stage.append('abandoned');
      await stage.handOut(w2, 1);
      stage.skippedMs = 61_000;
      let number = 0;

      await waitFor(
        async () => {
          await stage.append(number++);
          return valuesOf(await drain(reader)).includes('abandoned');
        },
        { message: 'the timed-out entry to be found' },
      );
    });

    it('looks for them at once when told to, before it hands out what is at hand', async () => {
      await stage.append(1, 2, 3);
      await stage.handOut(w2, 1);
      const reader = await stage.open();
      await reader.fill();
      expect(valuesOf([reader.head!])).toEqual(['2']);
      stage.skippedMs = 61_000;

      reader.claimSoon();

      expect(reader.hasNews).toBe(true);
      expect(valuesOf(await drain(reader))).toEqual(['1', '2', '3']);
    });
  });

  describe('waiting', () => {
    it('asks once, and again when it is told of news', async () => {
      const reader = await stage.open();
      for (let i = 0; i < 5; i++) await reader.fill();
      expect(faulty.callsOf('readNew')).toHaveLength(1);
      expect(reader.hasNews).toBe(false);

      await stage.append(1);

      expect(stage.toldBy(reader).woken).toBe(1);
      expect(reader.hasNews).toBe(true);
      expect(valuesOf(await drain(reader))).toEqual(['1']);
    });

    it('asks again where the bell rang while a read found nothing', async () => {
      const reader = await stage.open();
      const held = faulty.holdAnswer('readNew');
      const filling = reader.fill();
      await held.entered;
      await stage.append(1);
      held.release();
      await filling;
      expect(valuesOf([reader.head!])).toEqual(['1']);
    });

    it('looks for what was handed back while it looked for that, before it reads anything newer', async () => {
      await stage.append(1, 2);
      const other = await stage.open({ batchSize: 1 }, w2);
      await other.fill();
      const reader = await stage.open();
      const held = faulty.holdAnswer('claim');
      const filling = reader.fill();
      await held.entered;
      await other.close();
      held.release();
      await filling;
      expect(valuesOf(await drain(reader))).toEqual(['1', '2']);
    });

    it('finds by a look what the bell has not told', async () => {
      const reader = await stage.open({ reclaimIntervalMs: 30 });
      await reader.fill();
      faulty.memory['streams'].get(STREAM)!['rings'].clear();
      await stage.append(1);
      expect(stage.toldBy(reader).woken).toBe(0);
      await waitFor(() => stage.toldBy(reader).woken > 0);
      expect(valuesOf(await drain(reader))).toEqual(['1']);
    });

    it('is over when the reader is closed', async () => {
      const reader = await stage.open();
      await reader.fill();
      await reader.close();
      await stage.append(1);
      expect(stage.toldBy(reader).woken).toBe(0);
    });
  });

  describe('failures', () => {
    it.each(['fail', 'loseAnswer'] as const)(
      'never hands out an entry again whose acknowledgement had a fault (%s)',
      async (fault) => {
        await stage.append(1, 2);
        const reader = await stage.open({ batchSize: 1 });
        await reader.fill();
        faulty[fault]('acknowledge');
        handle(reader);

        await expect(reader.fill()).rejects.toThrow('acknowledge');
        await reader.open();

        expect(valuesOf(await drain(reader))).toEqual(['2']);
        await reader.settle(IN_TIME);
        expect(stage.pendingOf('w1')).toEqual([]);
      },
    );

    it('tells of a failed acknowledgement soon, whatever else is at hand', async () => {
      await stage.append(1, 2, 3);
      const reader = await stage.open({ batchSize: 3 });
      await reader.fill();
      faulty.fail('acknowledge');
      handle(reader);
      await waitFor(() => reader.hasNews && stage.toldBy(reader).woken === 1);
      await expect(reader.fill()).rejects.toThrow('acknowledge failed');
    });

    it('tells of a failed acknowledgement while it waits', async () => {
      await stage.append(1);
      const reader = await stage.open();
      await reader.fill();
      const held = faulty.hold('acknowledge', new TransportError('no connection'));
      handle(reader);
      await reader.fill();
      await held.entered;
      expect(reader.hasNews).toBe(false);

      held.release();

      await waitFor(() => stage.toldBy(reader).woken === 1);
      expect(reader.hasNews).toBe(true);
      await expect(reader.fill()).rejects.toThrow('no connection');
    });

    it('keeps failing until it is opened again', async () => {
      await stage.append(1);
      const reader = await stage.open();
      faulty.fail('readNew');
      await expect(reader.fill()).rejects.toThrow('readNew failed');
      await expect(reader.fill()).rejects.toThrow('closed');
      await reader.open();
      expect(valuesOf(await drain(reader))).toEqual(['1']);
    });

    it('finds entries in its pending list whose delivery had its answer lost', async () => {
      await stage.append(1, 2, 3);
      const reader = await stage.open();
      faulty.loseAnswer('readNew');
      await expect(reader.fill()).rejects.toThrow('answer lost');
      await reader.open();
      const seen = await drain(reader);
      expect(valuesOf(seen)).toEqual(['1', '2', '3']);
      expect(seen.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 1]);
    });

    it('hands out an entry again that could not be set aside', async () => {
      await stage.append(1);
      const reader = await stage.open();
      await reader.fill();
      faulty.fail('deadLetter');
      await reader.deadLetter(reader.take()!.nativeId, REPORT);

      await expect(reader.fill()).rejects.toThrow('deadLetter failed');
      await reader.open();
      await reader.fill();

      expect(reader.take()).toMatchObject({ fields: ['value', '1'], deliveryCount: 2 });
    });

    it('keep what is in hand from being taken over until the reader is opened again', async () => {
      await stage.append(1, 2);
      const reader = await stage.open({ acknowledgementTimeoutMs: 60 });
      await reader.fill();
      reader.claimSoon();
      faulty.fail('claim');
      reader.take();
      reader.take();
      await expect(reader.fill()).rejects.toThrow('claim failed');
      const calls = faulty.callsOf('keepAlive').length;
      await waitFor(() => faulty.callsOf('keepAlive').length > calls + 1);
      expect(faulty.callsOf('keepAlive').at(-1)?.[1]).toHaveLength(2);
    });

    it('of a read that returns after the reader was closed are nothing to tell', async () => {
      await stage.append(1);
      for (const method of ['readPending', 'claim', 'readNew'] as const) {
        const reader = await stage.open();
        const held = faulty.holdAnswer(method);
        const filling = reader.fill();
        await held.entered;
        await reader.close();
        held.release();
        await filling;
        expect(reader.head).toBeUndefined();
      }
    });
  });

  describe('phases', () => {
    it('follow each other as they are written down; whatever else is asked for is refused', async () => {
      const reader = await stage.open();
      expect(() => reader['enter']('new')).toThrow("A reader can't go from 'pending' to 'new'.");
      await reader.fill();
      expect(() => reader['enter']('pending')).toThrow("from 'new' to 'pending'");
      await reader.close();
      expect(() => reader['enter']('claiming')).toThrow("from 'closed' to 'claiming'");
      await expect(reader.fill()).rejects.toThrow('closed');
    });
  });

  describe('a group that has vanished', () => {
    /** What a flush leaves behind. */
    async function flush(): Promise<void> {
      await faulty.memory.close();
      stage.flush();
      stage.skippedMs += 10;
    }

    async function reopen(reader: StreamReader): Promise<unknown> {
      await expect(reader.fill()).rejects.toThrow(/NOGROUP/);
      await reader.open();
      return (faulty.callsOf('openGroup').at(-1)?.[1] as OpenGroupOptions).acknowledged;
    }

    it('is made again after the last entry that was acknowledged', async () => {
      const [first] = await stage.append(1, 2, 3);
      const reader = await stage.open({ batchSize: 1 });
      await reader.fill();
      handle(reader);
      await reader.settle(IN_TIME);
      await flush();
      expect(await reopen(reader)).toBe(first);
      await stage.append(4);
      expect(valuesOf(await drain(reader))).toEqual(['4']);
    });

    it('is made again before an entry that is not dealt with', async () => {
      const [first, second] = await stage.append(1, 2);
      const reader = await stage.open({ batchSize: 1 });
      await reader.fill();
      handle(reader);
      await reader.fill();
      expect(reader.head?.nativeId).toBe(second);
      reader.take();
      await flush();
      const since = await reopen(reader);
      expect(since).toBe(first);
    });

    it('is made again where it was found, if nothing has been acknowledged since', async () => {
      const [, second] = await stage.append(1, 2);
      await stage.handOut(w2, 2);
      const reader = await stage.open();
      await flush();
      expect(await reopen(reader)).toBe(second);
    });

    it("is made again before this consumer's pending entries, if there were any", async () => {
      const [first, second] = await stage.append(1, 2);
      await stage.handOut(w2, 1);
      await stage.handOut(w1, 1);
      const reader = await stage.open();
      await reader.fill();
      expect(reader.take()?.nativeId).toBe(second);
      await flush();
      const [ms, sequence] = second!.split('-').map(Number);
      const before = sequence ? `${ms}-${sequence - 1}` : `${ms! - 1}-18446744073709551615`;
      expect(await reopen(reader)).toBe(before);
      expect(first).not.toBe(second);
    });

    it('is made again at the end of the stream as it was, if it began with $', async () => {
      const [, second] = await stage.append(1, 2);
      const reader = await stage.open({}, w1, '$');
      await flush();
      expect(await reopen(reader)).toBe(second);
    });
  });

  describe('a new connection', () => {
    it('is noticed before anything that came over it is handed out: the group is looked at first', async () => {
      await stage.append(1);
      const reader = await stage.open();
      const held = faulty.hold('readNew');
      const filling = reader.fill();
      await held.entered;
      Object.assign(faulty.memory, { session: () => 1 });
      held.release();
      await expect(filling).rejects.toThrow(/is a new one/);
      expect(reader.head).toBeUndefined();

      await reader.open();
      expect(valuesOf(await drain(reader))).toEqual(['1']);
    });

    it('is noticed before what came over the old one is handed out', async () => {
      await stage.append(1, 2);
      const reader = await stage.open();
      await reader.fill();
      Object.assign(faulty.memory, { session: () => 1 });
      await expect(reader.fill()).rejects.toThrow(/is a new one/);
      expect(reader.head).toBeUndefined();
    });

    it('that Redis went back with: what it lost is told, and the position goes back too', async () => {
      const [first, , third] = await stage.append(1, 2, 3);
      const reader = await stage.open();
      expect(await drain(reader)).toHaveLength(3);
      await reader.settle(IN_TIME);
      const rollback = { after: first!, until: third! };
      faulty.change('openGroup', (group) => ({
        ...(group as object),
        created: false,
        vanished: rollback,
      }));

      await reader.open();

      expect(stage.toldBy(reader).vanished).toEqual([rollback]);
      await reader.open();
      const [, options] = faulty.callsOf('openGroup').at(-1) as [unknown, OpenGroupOptions];
      expect(options.acknowledged).toBe(first);
    });
  });

  describe('a page that was lost with the connection', () => {
    const lost = () => new DisconnectedError('The connection was closed.');

    it('is fetched again in small pages, which grow as they arrive', async () => {
      await stage.append(...Array.from({ length: 20 }, (_, i) => i));
      const reader = await stage.open({ batchSize: 10 });
      faulty.loseAnswer('readNew', lost());
      await expect(reader.fill()).rejects.toThrow('was closed');
      await reader.open();
      expect(await drain(reader)).toHaveLength(20);
      expect(faulty.callsOf('readPending').map(([, , count]) => count)).toEqual([
        10, 1, 2, 4, 8, 10,
      ]);
    });

    it('three times although it was a single entry: that one is too large, and the error says so', async () => {
      await stage.append(1, 2);
      const reader = await stage.open({ batchSize: 10 });
      faulty.loseAnswer('readNew', lost());
      await expect(reader.fill()).rejects.toBeInstanceOf(DisconnectedError);
      for (let i = 0; i < 2; i++) {
        await reader.open();
        faulty.loseAnswer('readPending', lost());
        await expect(reader.fill()).rejects.toBeInstanceOf(DisconnectedError);
      }
      await reader.open();
      faulty.loseAnswer('readPending', lost());
      const error: unknown = await reader.fill().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TransportError);
      expect(error).not.toBeInstanceOf(DisconnectedError);
      expect(String(error)).toMatch(
        /3 times in a row.*'store\.orders\.\*:stream'.*client-output-buffer-limit/s,
      );

      await reader.open();
      expect(valuesOf(await drain(reader))).toEqual(['1', '2']);
    });
  });
});
