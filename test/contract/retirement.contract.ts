import { describe, expect, it } from '@jest/globals';
import type { DeadLetterReport } from '../../lib/store/event-store.js';
import {
  ALL,
  append,
  consumerOf,
  heldBy,
  ids,
  newStream,
  type Current,
} from './contract-fixtures.js';

const REPORT: DeadLetterReport = {
  listener: 'stock',
  reason: 'failed',
  message: 'no',
  attempts: 1,
};

/** Longer than any test. */
const LEASE_MS = 600_000;

export function describeRetirement(current: Current): void {
  /** A group that has given up one of three entries, has another one in hand, and was not given the third. */
  async function handOut() {
    const { store } = current();
    const w1 = consumerOf(newStream());
    const stored = await append(store, w1.stream, 1, 2, 3);
    await store.openGroup(w1, { since: '0' });
    await store.readNew(w1, 2);
    await store.deadLetter(w1, stored[0] ?? '', REPORT);
    return { store, w1, stored, letters: () => store.deadLetters(w1, ALL) };
  }

  describe('retire', () => {
    it('finds out what there is, and changes nothing', async () => {
      const { store, w1, letters } = await handOut();
      const w2 = consumerOf(w1.stream, 'w2');
      const w3 = consumerOf(w1.stream, 'w3');
      for (const member of [w2, w3]) await store.openGroup(member, { since: '0' });
      await store.beat(w3.holder, LEASE_MS);
      const { host, pid, since } = w3.holder;
      const user = { consumer: 'w3', worker: { host, pid, since }, idleMs: expect.any(Number) };
      const expected = { exists: true, letters: 1, users: [user], unused: ['w2'] };
      for (let i = 0; i < 2; i++) expect(await store.retire(w1, 'nothing')).toEqual(expected);
      expect(await store.holds(w1)).toBe(true);
      expect(await letters()).toHaveLength(1);
    });

    it('removes nothing of a group that a process uses', async () => {
      const { store, w1, stored, letters } = await handOut();
      await store.beat(w1.holder, LEASE_MS);
      const { users } = await store.retire(w1, 'group_and_letters');
      expect(users).toMatchObject([{ consumer: 'w1', worker: { pid: 1 } }]);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      expect(await letters()).toHaveLength(1);
    });

    it('removes the group with what is known of it, and leaves entries and dead letters', async () => {
      const { store, w1, stored, letters } = await handOut();
      expect(await store.retire(w1, 'group')).toMatchObject({
        exists: true,
        letters: 1,
        users: [],
      });
      expect(await store.lastDeliveredId(w1)).toBeNull();
      expect(await store.holds(w1)).toBe(false);
      expect(await letters()).toHaveLength(1);
      expect(ids(await store.range(w1.stream, ALL))).toEqual(stored);

      // One that comes back begins anew.
      const { created, remade, interrupted } = await store.openGroup(w1, { since: '0' });
      expect({ created, remade, interrupted }).toEqual({
        ...{ created: true, remade: false, interrupted: null },
      });
      expect(ids(await store.readNew(w1, 10))).toEqual(stored);
    });

    it('removes the dead letters where that is asked for, and does it twice without harm', async () => {
      const { store, w1, letters } = await handOut();
      expect(await store.retire(w1, 'group_and_letters')).toMatchObject({ letters: 1 });
      expect(await letters()).toEqual([]);
      const none = { exists: false, letters: 0, users: [], unused: [] };
      expect(await store.retire(w1, 'group_and_letters')).toEqual(none);
      expect(await store.retire(consumerOf(newStream()), 'group')).toEqual(none);
    });

    it('removes what is left of dead letters without a group', async () => {
      const { store, w1, letters } = await handOut();
      await store.retire(w1, 'group');
      expect(await store.retire(w1, 'group_and_letters')).toMatchObject({
        exists: false,
        letters: 1,
      });
      expect(await letters()).toEqual([]);
    });

    it('touches no other group, and no other stream', async () => {
      const { store, w1 } = await handOut();
      const others = [consumerOf(w1.stream, 'w1', 'shop-bill'), consumerOf(newStream())];
      for (const other of others) await store.openGroup(other, { since: '0' });
      await store.retire(w1, 'group_and_letters');
      for (const other of others) expect(await store.holds(other)).toBe(true);
    });

    it('removes consumers that hold nothing and that nobody uses, and no others', async () => {
      const { store, w1, stored } = await handOut();
      const [idle, living] = [consumerOf(w1.stream, 'idle'), consumerOf(w1.stream, 'living')];
      for (const member of [idle, living]) await store.openGroup(member, { since: '0' });
      await store.beat(living.holder, LEASE_MS);
      expect(await store.retire(w1, 'unused_consumers')).toMatchObject({ unused: ['idle'] });
      expect(await store.retire(w1, 'unused_consumers')).toMatchObject({ unused: [] });
      expect(await store.holds(idle)).toBe(false);
      expect(await store.holds(living)).toBe(true);
      // What it has in hand is still there for others.
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      const taking = heldBy(idle, 'again');
      expect(await store.openGroup(taking, { since: '0' })).toMatchObject({ created: false });
    });
  });
}
