import { describe, expect, it } from '@jest/globals';
import type { VanishedHistory } from '../../lib/store/group-state.js';
import { compareEntryIds } from '../../lib/wire/entry-id.js';
import {
  append,
  consumerOf,
  ids,
  LossLooker,
  newStream,
  type Current,
  redriveAll,
} from './contract-fixtures.js';

/** What a store tells of a stream and its groups is enough to find out what has vanished unhandled. */
export function describeVanishedHistory(current: Current): void {
  /** A group that was opened before anything was stored, and the entries. */
  async function watched(count: number) {
    const { store, other } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const losses = new LossLooker(store, w1);
    await losses.open();
    await new LossLooker(other, w2).open();
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const stored = await append(store, w1.stream, ...numbers);
    return { ...current(), w1, w2, stored, losses };
  }

  /** One loss, which has the entries from `first` to `last`, and begins after what was handled. */
  function expectLoss(told: readonly VanishedHistory[], first: string, last: string): void {
    expect(told).toHaveLength(1);
    const { after, until } = told[0]!;
    expect(compareEntryIds(after, first)).toBeLessThan(0);
    expect(compareEntryIds(last, until!)).toBeLessThanOrEqual(0);
  }

  describe('vanished history', () => {
    it('is told once, with its range, where entries were trimmed that the group was not given', async () => {
      const { store, w1, stored, losses, deleteUpTo } = await watched(5);
      await store.acknowledge(w1, ids(await store.readNew(w1, 2)));
      expect(await losses.look()).toEqual([]);
      await deleteUpTo(w1.stream, stored[3]!);

      const told = await losses.look();

      expectLoss(told, stored[2]!, stored[3]!);
      expect(compareEntryIds(told[0]!.until!, stored[4]!)).toBeLessThan(0);
      expect(await losses.look()).toEqual([]);
      await store.acknowledge(w1, ids(await store.readNew(w1, 9)));
      expect(await losses.look()).toEqual([]);
    });

    it('is told where the group had been given nothing', async () => {
      const { w1, stored, losses, deleteUpTo } = await watched(3);
      await deleteUpTo(w1.stream, stored[1]!);
      expectLoss(await losses.look(), stored[0]!, stored[1]!);
      expect(await losses.look()).toEqual([]);
    });

    it('is told where everything has gone', async () => {
      const { store, w1, stored, losses, deleteUpTo } = await watched(3);
      await store.readNew(w1, 1);
      await deleteUpTo(w1.stream, stored[2]!);
      expectLoss(await losses.look(), stored[1]!, stored[2]!);
      expect(await losses.look()).toEqual([]);
    });

    it('is told where the group has read on past the gap', async () => {
      const { store, w1, stored, losses, deleteUpTo } = await watched(5);
      await store.readNew(w1, 2);
      expect(await losses.look()).toEqual([]);
      await deleteUpTo(w1.stream, stored[3]!);
      await store.readNew(w1, 9);
      expectLoss(await losses.look(), stored[2]!, stored[3]!);
      expect(await losses.look()).toEqual([]);
    });

    it('is told at the next start', async () => {
      const { store, w1, stored, losses, deleteUpTo } = await watched(4);
      await store.acknowledge(w1, ids(await store.readNew(w1, 1)));
      await deleteUpTo(w1.stream, stored[2]!);
      expectLoss((await losses.open()).told, stored[1]!, stored[2]!);
      expect((await losses.open()).told).toEqual([]);
    });

    it('is told of a group that began within the stream', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      const stored = await append(store, w1.stream, 1, 2, 3, 4, 5, 6);
      const losses = new LossLooker(store, w1);
      expect((await losses.open({ since: stored[1]! })).told).toEqual([]);
      await store.readNew(w1, 1);
      await deleteUpTo(w1.stream, stored[4]!);
      expectLoss(await losses.look(), stored[3]!, stored[4]!);
    });

    it('is told once for a group, however many processes look', async () => {
      const { store, other, w1, w2, stored, deleteUpTo } = await watched(3);
      await deleteUpTo(w1.stream, stored[1]!);
      const looks = await Promise.all(
        [w1, w2, w1, w2].map((member, i) => new LossLooker(i % 2 ? other : store, member).look()),
      );
      expect(looks.flat()).toHaveLength(1);
    });

    it('is not what was handled, or is in hand, and deleted then', async () => {
      const { store, w1, stored, losses, deleteUpTo } = await watched(5);
      await store.readNew(w1, 3);
      await store.acknowledge(w1, stored.slice(0, 2));
      await deleteUpTo(w1.stream, stored[1]!);
      expect(await losses.look()).toEqual([]);
      await deleteUpTo(w1.stream, stored[2]!);
      expect(await losses.look()).toEqual([]);
      await store.readNew(w1, 9);
      expect(await losses.look()).toEqual([]);
      expect((await losses.open()).told).toEqual([]);
    });

    it('is not what was handed back, taken over, given up or driven again', async () => {
      const { store, other, w1, w2, stored, losses, deleteUpTo } = await watched(6);
      await store.readNew(w1, 6);
      const report = { listener: 'l', reason: 'failed', message: 'm', attempts: 1 };
      for (const id of stored.slice(0, 2)) await store.deadLetter(w1, id, report);
      await redriveAll(store, w1);
      await store.handBack(w1, { staying: stored.slice(0, 4) });
      const { entries } = await other.claim(w2, 0, '-', 9);
      expect(ids(entries)).toEqual(stored);
      expect(await losses.look()).toEqual([]);
      await other.acknowledge(w2, stored);
      await deleteUpTo(w1.stream, stored[5]!);
      expect(await losses.look()).toEqual([]);
      // And what has vanished then is not made up for by what was counted before.
      const more = await append(store, w1.stream, 7, 8, 9);
      await deleteUpTo(w1.stream, more[1]!);
      expectLoss(await losses.look(), more[0]!, more[1]!);
    });

    it('is nothing that a group is not to be given, as it starts in the future', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      const losses = new LossLooker(store, w1);
      const since = String(Date.now() + 3_600_000);
      expect((await losses.open({ since })).told).toEqual([]);
      const stored = await append(store, w1.stream, 1, 2, 3);
      expect(await losses.look()).toEqual([]);
      await deleteUpTo(w1.stream, stored[1]!);
      expect(await losses.look()).toEqual([]);
      expect((await losses.open({ since })).told).toEqual([]);
    });

    it.each(['0', '$', '1000', '1000-7'])(
      'is nothing where a group that began at %s on an empty stream was given nothing yet',
      async (since) => {
        const { store } = current();
        const losses = new LossLooker(store, consumerOf(newStream()));
        await losses.open({ since });
        await append(store, losses.stream, 1, 2);
        expect((await losses.open({ since })).told).toEqual([]);
        await append(store, losses.stream, 3);
        expect((await losses.open({ since })).told).toEqual([]);
      },
    );

    it('is nothing where entries are only waiting', async () => {
      const { store, w1, losses } = await watched(0);
      for (let i = 1; i <= 20; i++) {
        await append(store, w1.stream, 1, 2, 3);
        await store.readNew(w1, 2);
        expect(await losses.look()).toEqual([]);
      }
    });
  });
}
