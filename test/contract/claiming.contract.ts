import { describe, expect, it } from '@jest/globals';
import type { Member, PendingEntry } from '../../lib/store/consumer-groups.js';
import { waitFor } from '../support/wait-for.js';
import { append, consumerOf, ids, newStream, values, type Current } from './contract-fixtures.js';

/** Long enough that a busy machine does not let it pass between two calls. */
const IDLE_MS = 600;

export function describeClaiming(current: Current): void {
  /** Consumers w1 and w2 of a group that has handed `count` entries to w1. */
  async function handOut(count: number) {
    const { store } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const stored = await append(store, w1.stream, ...numbers);
    await store.openGroup(w1, { since: '0' });
    await store.openGroup(w2, { since: '0' });
    const askedAt = Date.now();
    await store.readNew(w1, count);
    return { ...current(), w1, w2, stored, askedAt, handedOutAt: Date.now() };
  }

  /** All pages of a claim. */
  async function claimAll(
    ref: Member,
    { minIdleMs = 0, start = '-', count = 100 },
  ): Promise<PendingEntry[][]> {
    const pages: PendingEntry[][] = [];
    for (let cursor: string | null = start; cursor !== null;) {
      const { entries, next } = await current().other.claim(ref, minIdleMs, cursor, count);
      pages.push([...entries]);
      // Pages without an end are to be a failure, not a hang.
      expect(pages.length).toBeLessThan(100);
      cursor = next;
    }
    return pages;
  }

  describe('claim', () => {
    it("takes over another consumer's entries, as a further delivery", async () => {
      const { store, other, w1, w2, stored } = await handOut(2);

      expect(await claimAll(w2, {})).toEqual([
        [
          {
            nativeId: stored[0],
            fields: ['value', '1'],
            deliveryCount: 2,
            attempts: expect.any(Number),
          },
          {
            nativeId: stored[1],
            fields: ['value', '2'],
            deliveryCount: 2,
            attempts: expect.any(Number),
          },
        ],
      ]);

      expect(await store.readPending(w1, '0-0', 10)).toEqual([]);
      const read = await other.readPending(w2, '0-0', 10);
      expect(ids(read)).toEqual(stored);
      expect(read.map(({ deliveryCount }) => deliveryCount)).toEqual([3, 3]);
    });

    it('leaves entries alone that have not been idle long enough', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      expect((await claimAll(w2, { minIdleMs: 60_000 })).flat()).toEqual([]);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored);
    });

    it('takes entries over once they have been idle long enough', async () => {
      const { w2, stored, askedAt } = await handOut(1);
      const claimed = await waitFor(async () => {
        const entries = (await claimAll(w2, { minIdleMs: 50 })).flat();
        return entries.length > 0 ? entries : undefined;
      });
      expect(ids(claimed)).toEqual(stored);
      // The clocks of both sides may round to whole milliseconds.
      expect(Date.now() - askedAt).toBeGreaterThanOrEqual(45);
    });

    it("takes the caller's own entries, too: nobody may know that they are its own", async () => {
      const { store, w1, w2, stored } = await handOut(3);
      expect((await claimAll(w1, { minIdleMs: 60_000 })).flat()).toEqual([]);
      const claimed = (await claimAll(w1, { count: 2 })).flat();
      expect(ids(claimed)).toEqual(stored);
      expect(claimed.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2]);
      expect(await store.acknowledge(w2, stored)).toEqual(stored);
      expect(await store.acknowledge(w1, stored)).toEqual([]);
    });

    it('takes nothing that was acknowledged, and nothing that was not handed out', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      await append(store, w1.stream, 3);
      await store.acknowledge(w1, [stored[0]!]);
      expect(values((await claimAll(w2, {})).flat())).toEqual(['2']);
    });

    it.each(['-', '0-0'])('pages from %j to the end, oldest first, each once', async (start) => {
      const { store, w1, w2 } = await handOut(3);
      await append(store, w1.stream, 4, 5, 6, 7, 8, 9);
      await store.readNew(consumerOf(w1.stream, 'w3'), 2);
      await store.readNew(consumerOf(w1.stream, 'w4'), 3);

      const pages = await claimAll(w2, { start, count: 2 });

      expect(values(pages.flat())).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(2);
    });

    it('has nothing to page where nothing is pending', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      await store.openGroup(w1, { since: '0' });
      expect(await store.claim(w1, 0, '-', 10)).toEqual({
        entries: [],
        next: null,
        interrupted: [],
      });
    });

    it('reports entries whose data is gone, which stay with their owner', async () => {
      const { store, w1, w2, stored, deleteUpTo } = await handOut(3);
      await deleteUpTo(w1.stream, stored[1]!);

      const claimed = (await claimAll(w2, {})).flat();

      expect(ids(claimed)).toEqual(stored);
      expect(claimed.map(({ fields }) => fields)).toEqual([null, null, ['value', '3']]);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored.slice(0, 2));
      expect(ids(await store.readPending(w2, '0-0', 10))).toEqual(stored.slice(2));
    });

    it('leaves one whose data is gone to who has it in hand and says so, for as long as that is fresh', async () => {
      const { store, w1, w2, stored, handedOutAt, deleteUpTo } = await handOut(2);
      await deleteUpTo(w1.stream, stored[0]!);
      const freshMs = 1_000;
      await waitFor(() => Date.now() - handedOutAt > freshMs + 5);
      expect(await store.keepAlive(w1, stored)).toEqual([]);
      const claim = async () => ids((await store.claim(w2, freshMs, '-', 10)).entries);
      expect(await claim()).toEqual([]);
      expect(await waitFor(async () => (await claim())[0])).toBe(stored[0]);
    });

    it('gives every entry to one consumer, however many claim at the same time', async () => {
      const { w1, stored, handedOutAt } = await handOut(40);
      await waitFor(() => Date.now() - handedOutAt > IDLE_MS + 5);
      const members = ['w2', 'w3', 'w4', 'w5'].map((name) => consumerOf(w1.stream, name));
      for (const member of members) await current().other.openGroup(member, { since: '0' });
      const claims = await Promise.all(
        members.map((member) => claimAll(member, { minIdleMs: IDLE_MS, count: 5 })),
      );
      expect(ids(claims.flat(2)).sort()).toEqual([...stored].sort());
    });
  });

  describe('an entry that another consumer has claimed', () => {
    it('can be acknowledged by its new owner only', async () => {
      const { store, other, w1, w2, stored } = await handOut(1);
      await claimAll(w2, {});

      expect(await store.acknowledge(w1, stored)).toEqual(stored);
      expect(ids(await other.readPending(w2, '0-0', 10))).toEqual(stored);
      expect(await other.acknowledge(w2, stored)).toEqual([]);
    });

    it('can be kept alive by its new owner only', async () => {
      const { store, other, w1, w2, stored } = await handOut(2);
      await other.claim(w2, 0, '-', 1);
      expect(await store.keepAlive(w1, stored)).toEqual([stored[0]]);
      expect(await other.keepAlive(w2, stored)).toEqual([stored[1]]);
    });
  });

  describe('the idle time of an entry', () => {
    it.each([
      ['keepAlive', (w1, id) => current().store.keepAlive(w1, [id])],
      ['readPending', (w1) => current().store.readPending(w1, '0-0', 1)],
    ] satisfies [string, (w1: Member, id: string) => Promise<unknown>][])(
      'starts again with %s',
      async (_, reset) => {
        const { w1, w2, stored, handedOutAt } = await handOut(2);
        await waitFor(() => Date.now() - handedOutAt > IDLE_MS + 5);
        await reset(w1, stored[0]!);
        expect(ids((await claimAll(w2, { minIdleMs: IDLE_MS })).flat())).toEqual([stored[1]]);
      },
    );

    it('starts again with a claim', async () => {
      const { w1, w2, stored, handedOutAt } = await handOut(1);
      await waitFor(() => Date.now() - handedOutAt > IDLE_MS + 5);
      expect(ids((await claimAll(w2, { minIdleMs: IDLE_MS })).flat())).toEqual(stored);
      expect((await claimAll(w1, { minIdleMs: IDLE_MS })).flat()).toEqual([]);
    });
  });
}
