import { describe, expect, it } from '@jest/globals';
import type { Member } from '../../lib/store/consumer-groups.js';
import type { GroupDetails } from '../../lib/store/inspection.js';
import { waitFor } from '../support/wait-for.js';
import { append, consumerOf, holderOf, newStream, type Current } from './contract-fixtures.js';

const REPORT = { listener: 'stock', reason: 'failed', message: 'no stock', attempts: 3 };

/** What operators see. */
export function describeInspection(current: Current): void {
  async function look(member: Member): Promise<GroupDetails> {
    const state = await current().store.inspect(member.stream, { groups: [member.group] });
    expect(state?.groups).toHaveLength(1);
    return state!.groups[0]!;
  }

  describe('looking at a stream', () => {
    it('finds nothing where there is none, and makes none', async () => {
      const { store } = current();
      const stream = newStream();
      expect(await store.inspect(stream)).toBeNull();
      expect(await store.look(stream, [])).toBeNull();
    });

    it('tells its extent and its groups, or those that are asked for', async () => {
      const { store } = current();
      const [a, b] = [consumerOf(newStream()), 'shop-mail'];
      const stored = await append(store, a.stream, 1, 2, 3);
      await store.openGroup(a, { since: '0' });
      await store.openGroup({ ...a, group: b }, { since: '$' });
      await store.readNew(a, 1);

      const state = await store.inspect(a.stream);
      expect(state).toMatchObject({ length: 3, firstId: stored[0], lastId: stored[2] });
      expect(state?.groups.map(({ name }) => name).sort()).toEqual([b, a.group].sort());
      expect(await look(a)).toMatchObject({
        ...{ name: a.group, lastDeliveredId: stored[0], pending: 1, unclaimed: 0 },
        undelivered: { count: 2, isAtLeast: false },
        oldestPending: { nativeId: stored[0], consumer: 'w1', deliveryCount: 1 },
        ...{ failures: [], deadLetters: 0, oldestDeadLetterAt: null, lost: null },
      });
      expect(await look({ ...a, group: b })).toMatchObject({
        ...{ pending: 0, oldestPending: null, undelivered: { count: 0 } },
      });
      expect((await store.inspect(a.stream, { groups: ['other'] }))?.groups).toEqual([]);
    });

    it('tells which of some entries are pending', async () => {
      const { store } = current();
      const member = consumerOf(newStream());
      const stored = await append(store, member.stream, 1, 2, 3);
      expect(await store.stillPending(member, stored)).toEqual([]);
      await store.openGroup(member, { since: '0' });
      await store.readNew(member, 2);
      await store.acknowledge(member, [stored[0]!]);

      expect(await store.stillPending(member, stored)).toEqual([stored[1]]);
      await store.deadLetter(member, stored[1]!, REPORT);
      expect(await store.stillPending(member, stored)).toEqual([]);
    });

    it('tells which process has a name, and whether it lives', async () => {
      const { store } = current();
      const member = consumerOf(newStream());
      await store.beat(member.holder, 60_000);
      await store.openGroup(member, { since: '0' });
      const { host, pid, since } = holderOf('');
      const [consumer] = (await look(member)).consumers;
      expect(consumer).toMatchObject({ name: 'w1', pending: 0, worker: { host, pid, since } });
      expect(consumer?.worker?.leaseMs).toBeGreaterThan(50_000);
      expect(consumer?.worker?.leaseMs).toBeLessThanOrEqual(60_000);
      await store.beat(member.holder, 1);
      await waitFor(async () => (await look(member)).consumers[0]?.worker?.leaseMs === null);
      await store.handBack(member);
      expect((await look(member)).consumers.map(({ worker }) => worker)).not.toContainEqual(
        expect.anything(),
      );
    });

    it('tells which events fail, since when, with what, and when they are tried again', async () => {
      const { store } = current();
      const [w1, w2] = [consumerOf(newStream()), 'w2'];
      const stored = await append(store, w1.stream, 1, 2);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 2);
      const note = { eventName: 'store.orders.placed', error: 'no stock', nextInMs: 30_000 };
      await store.recordAttempts(w1, stored[0]!, 1, true, note);
      await store.recordAttempts(w1, stored[0]!, 1, false);
      await store.recordAttempts(w1, stored[0]!, 2, true, { ...note, error: 'x'.repeat(9_000) });
      await store.recordAttempts(w1, stored[1]!, 1, true, { error: 'the end', nextInMs: null });

      const [first, second] = (await look(w1)).failures;
      expect(first).toMatchObject({ nativeId: stored[0], consumer: 'w1', attempts: 2 });
      expect(first?.eventName).toBe('store.orders.placed');
      expect(first?.error).toMatch(/^x{2000}/);
      const untilNextMs = Number(first?.nextTryAt) - Number(first?.since);
      expect(untilNextMs).toBeGreaterThanOrEqual(30_000);
      expect(untilNextMs).toBeLessThan(60_000);
      expect(second).toMatchObject({ nativeId: stored[1], error: 'the end', nextTryAt: null });
      expect(second).not.toHaveProperty('eventName');

      // Whoever has it next; nobody has it meanwhile.
      await store.handBack(w1);
      expect((await look(w1)).failures[0]?.consumer).toBeNull();
      const other = { ...w1, consumer: w2, holder: holderOf(`${w1.stream}/${w2}`) };
      await store.openGroup(other, { since: '0' });
      const { entries } = await store.claim(other, 60_000, '-', 10);
      expect(entries[0]).toMatchObject({ attempts: 2, hasFailed: true });
      expect((await look(w1)).failures[0]?.consumer).toBe(w2);

      await store.acknowledge(other, [stored[0]!], [stored[0]!]);
      expect((await look(w1)).failures.map(({ nativeId }) => nativeId)).toEqual([stored[1]]);
      await store.deadLetter(other, stored[1]!, REPORT);
      expect((await look(w1)).failures).toEqual([]);
      // Driven again, it begins anew.
      const [letter] = await store.deadLetters(w1, { start: '-', end: '+', count: 1 });
      await store.redrive(w1, [{ id: letter!.id, nativeId: stored[1]! }]);
      expect((await look(w1)).failures).toEqual([]);
    });

    it('tells for how long an entry is pending, although it is kept alive', async () => {
      const { store } = current();
      const member = consumerOf(newStream());
      const [id] = await append(store, member.stream, 1);
      await store.openGroup(member, { since: '0' });
      await store.readNew(member, 1);
      await store.keepAlive(member, [id!]);
      await waitFor(async () => {
        await store.keepAlive(member, [id!]);
        return Number((await look(member)).oldestPending?.pendingMs) >= 20;
      });
    });

    it('shows no consumer that nobody has started: what waits for a worker is told as such', async () => {
      const { store } = current();
      const member = consumerOf(newStream());
      const stored = await append(store, member.stream, 1, 2, 3);
      await store.openGroup(member, { since: '0' });
      await store.readNew(member, 3);
      await store.deadLetter(member, stored[0]!, REPORT);
      const letters = await store.deadLetters(member, { start: '-', end: '+', count: 1 });
      const aside = await look(member);
      expect(aside).toMatchObject({ deadLetters: 1, unclaimed: 0 });
      expect(Math.abs(Number(aside.oldestDeadLetterAt) - Date.now())).toBeLessThan(60_000);

      await store.redrive(member, [{ id: letters[0]!.id, nativeId: stored[0]! }]);
      expect(await look(member)).toMatchObject({ pending: 3, unclaimed: 1, deadLetters: 0 });
      await store.handBack(member, { fetched: stored });
      const left = await look(member);
      expect(left).toMatchObject({ pending: 3, unclaimed: 3 });
      expect(left.oldestPending).toMatchObject({ nativeId: stored[0], consumer: null });
      expect(left.oldestPending?.pendingMs).toBeLessThan(60_000);
      expect(left.consumers.every(({ name, pending }) => name === 'w1' && pending === 0)).toBe(
        true,
      );
    });
  });
}
