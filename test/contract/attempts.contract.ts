import { describe, expect, it } from '@jest/globals';
import type { Member, PendingEntry } from '../../lib/store/consumer-groups.js';
import { clock } from '../../lib/timing/clock.js';
import {
  append,
  consumerOf,
  heldBy,
  ids,
  newStream,
  type Current,
  redriveAll,
} from './contract-fixtures.js';

export function describeAttempts(current: Current): void {
  /** w1 has been handed `count` entries, and is handling the first one. */
  async function handOut(count: number) {
    const { store } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const stored = await append(store, w1.stream, ...numbers);
    await store.openGroup(w1, { since: '0' });
    await store.openGroup(w2, { since: '0' });
    await store.readNew(w1, count);
    return { store, w1, w2, stored };
  }

  /** The process that has the name stops without a word, and another one takes it. */
  async function dieAndRestart(member: Member, token: string): Promise<Member> {
    const { store } = current();
    const heir = heldBy(member, token);
    const { interrupted } = await store.openGroup(heir, { since: '0' });
    if (interrupted && !interrupted.isKnown) {
      await store.countAttempt(heir, interrupted.nativeId);
    }
    return heir;
  }

  /** One page, with the attempts that are counted when entries are taken over. */
  async function claim(member: Member, count: number, minIdleMs = 0, cursor = '-') {
    const { store } = current();
    const page = await store.claim(member, minIdleMs, cursor, count);
    const counted = new Map<string, number>();
    for (const { nativeId } of page.interrupted) {
      counted.set(nativeId, await store.countAttempt(member, nativeId));
    }
    const entries = page.entries.map((entry) => ({
      ...entry,
      attempts: counted.get(entry.nativeId) ?? entry.attempts,
    }));
    return { ...page, entries };
  }

  async function attemptsOf(member: Member): Promise<number[]> {
    return attempts(await current().store.readPending(member, '0-0', 100));
  }

  function attempts(entries: readonly PendingEntry[]): number[] {
    return entries.map((entry) => entry.attempts);
  }

  async function claimAll(member: Member, count: number): Promise<PendingEntry[]> {
    const claimed: PendingEntry[] = [];
    for (let cursor: string | null = '-'; cursor !== null;) {
      const page = await claim(member, count, 0, cursor);
      claimed.push(...page.entries);
      cursor = page.next;
    }
    return claimed;
  }

  describe('attempts to handle an entry', () => {
    it('are none, however often it is fetched', async () => {
      const { store, w1 } = await handOut(3);
      await store.openGroup(w1, { since: '0' });
      await store.readPending(w1, '0-0', 10);
      const read = await store.readPending(w1, '0-0', 10);
      expect(attempts(read)).toEqual([0, 0, 0]);
      expect(read.map(({ deliveryCount }) => deliveryCount)).toEqual([3, 3, 3]);
    });

    it('are as many as were recorded, for whoever has it next', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      await store.recordAttempts(w1, stored[0]!, 2, true);
      await store.recordAttempts(w1, stored[0]!, 3, true);
      expect(await attemptsOf(w1)).toEqual([3, 0]);
      expect(attempts(await claimAll(w2, 10))).toEqual([3, 0]);
      expect(await attemptsOf(w2)).toEqual([3, 0]);
    });

    it('include the one that ended with its process: of the oldest entry, as no other was begun', async () => {
      const { w1 } = await handOut(3);
      const second = await dieAndRestart(w1, 'second');
      expect(await attemptsOf(second)).toEqual([1, 0, 0]);
      const third = await dieAndRestart(second, 'third');
      expect(await attemptsOf(third)).toEqual([2, 0, 0]);
      const fourth = await dieAndRestart(third, 'fourth');
      expect(await attemptsOf(fourth)).toEqual([3, 0, 0]);
    });

    it('include it also where another consumer takes the entries over, page by page', async () => {
      const { store, w1, w2 } = await handOut(7);
      expect(attempts(await claimAll(w2, 2))).toEqual([1, 0, 0, 0, 0, 0, 0]);
      // The name of the one that died is taken again: nothing is left that it could have begun.
      const heir = await dieAndRestart(w1, 'heir');
      expect(await attemptsOf(heir)).toEqual([]);
      // What that one begins counts again.
      const [, id] = await append(store, w1.stream, 8, 9);
      await store.readNew(heir, 2);
      const claimed = await claim(w2, 100);
      expect(attempts(claimed.entries)).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0]);
      expect(claimed.entries.at(-1)?.nativeId).toBe(id);
    });

    it('include it once where its entries are taken over before its name is', async () => {
      const { w1, w2, stored } = await handOut(3);
      const { entries } = await claim(w2, 1);
      expect(attempts(entries)).toEqual([1]);
      const heir = await dieAndRestart(w1, 'heir');
      expect(await attemptsOf(heir)).toEqual([0, 0]);
      expect(ids(entries)).toEqual([stored[0]]);
    });

    it('are not more where the process died while it waited for the next one', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      await store.recordAttempts(w1, stored[0]!, 1, true);
      const heir = await dieAndRestart(w1, 'heir');
      expect(await attemptsOf(heir)).toEqual([1, 0]);
      await store.recordAttempts(heir, stored[0]!, 2, true);
      expect(attempts(await claimAll(w2, 1))).toEqual([2, 0]);
      // The heir did not wait for this one.
      const [third] = await append(store, w1.stream, 3);
      await store.acknowledge(w2, stored, [stored[0]!]);
      const again = await dieAndRestart(heir, 'again');
      await store.readNew(again, 1);
      const [last] = await claimAll(w2, 1);
      expect(last).toMatchObject({ nativeId: third, attempts: 1 });
    });

    it('are forgotten with the acknowledgement, and with a dead letter', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      for (const id of stored) await store.recordAttempts(w1, id, 4, true);
      const report = { listener: 'stock', reason: 'failed', message: 'no stock', attempts: 4 };
      for (const id of stored) await store.deadLetter(w1, id, report);
      await redriveAll(store, w1);
      const again = await claimAll(w2, 10);
      expect(again.map(({ times, ...entry }) => [entry.attempts, times])).toEqual([
        [0, undefined],
        [0, undefined],
      ]);
    });

    it('have times once one is recorded, for whoever has the entry next', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      const began = clock.now();
      expect((await store.readPending(w1, '0-0', 10)).map(({ times }) => times)).toEqual([
        undefined,
        undefined,
      ]);
      await store.recordAttempts(w1, stored[0]!, 1, true);
      const [first, second] = await store.readPending(w1, '0-0', 10);
      expect(first?.times).toEqual({ failingSince: expect.any(Number), triedForMs: 0 });
      // Two clocks, of which one may count in whole milliseconds.
      expect(first?.times?.failingSince).toBeGreaterThanOrEqual(began - 2);
      expect(first?.times?.failingSince).toBeLessThanOrEqual(clock.now());
      expect(second?.times).toBeUndefined();
      expect((await claimAll(w2, 10)).map(({ times }) => times?.triedForMs)).toEqual([
        0,
        undefined,
      ]);
    });

    it('have times where none but such were made as ended with their processes', async () => {
      const { w1 } = await handOut(2);
      const second = await dieAndRestart(w1, 'second');
      const third = await dieAndRestart(second, 'third');
      const [first, other] = await current().store.readPending(third, '0-0', 10);
      expect(first).toMatchObject({ attempts: 2, times: { triedForMs: 0 } });
      expect(other?.times).toBeUndefined();
    });

    it('are not forgotten by an acknowledgement that comes too late', async () => {
      const { store, w1, w2, stored } = await handOut(1);
      await store.recordAttempts(w1, stored[0]!, 4, true);
      await claimAll(w2, 10);
      expect(await store.acknowledge(w1, stored, stored)).toEqual(stored);
      expect(await attemptsOf(w2)).toEqual([4]);
    });
  });

  describe('handing entries back', () => {
    it('gives them to whoever claims next, at once, in order, as they had been delivered', async () => {
      const { store, w1, w2, stored } = await handOut(4);
      await store.acknowledge(w1, [stored[0]!]);
      await store.recordAttempts(w1, stored[1]!, 2, true);

      expect(await store.handBack(w1, { fetched: [stored[3]!, stored[1]!, stored[2]!] })).toBe(3);

      const { entries } = await store.claim(w2, 3_600_000, '-', 10);
      const times = { failingSince: expect.any(Number), triedForMs: 0 };
      expect(entries).toEqual([
        { nativeId: stored[1], fields: ['value', '2'], deliveryCount: 1, attempts: 2, times },
        { nativeId: stored[2], fields: ['value', '3'], deliveryCount: 1, attempts: 0 },
        { nativeId: stored[3], fields: ['value', '4'], deliveryCount: 1, attempts: 0 },
      ]);
      expect(await store.acknowledge(w2, ids(entries))).toEqual([]);
    });

    it('counts nothing as an attempt, under the same name neither', async () => {
      const { store, w1, stored } = await handOut(2);
      await store.handBack(w1, { fetched: stored });
      const heir = await dieAndRestart(w1, 'heir');
      const { entries } = await store.claim(heir, 3_600_000, '-', 10);
      expect(attempts(entries)).toEqual([0, 0]);
      expect(ids(entries)).toEqual(stored);
    });

    it('leaves what is to stay where it is: it had been begun', async () => {
      const { store, w1, w2, stored } = await handOut(2);
      expect(await store.handBack(w1, { staying: stored })).toBe(0);
      expect(ids((await store.claim(w2, 3_600_000, '-', 10)).entries)).toEqual([]);
      const heir = await dieAndRestart(w1, 'heir');
      const pending = await store.readPending(heir, '0-0', 10);
      expect(ids(pending)).toEqual(stored);
      expect(attempts(pending)).toEqual([1, 0]);
    });

    it('passes over what another consumer has, and what is not pending', async () => {
      const { store, w1, w2, stored } = await handOut(3);
      await store.claim(w2, 0, '-', 1);
      await store.acknowledge(w1, [stored[1]!]);
      expect(await store.handBack(w1, { fetched: [...stored, '1-1'] })).toBe(1);
      expect(ids((await store.claim(w2, 3_600_000, '-', 10)).entries)).toEqual([stored[2]]);
    });

    it('takes with it what this process knows nothing of, as it had been delivered', async () => {
      const { store, w1, w2, stored } = await handOut(3);
      await store.readPending(w1, '0-0', 10);
      const [, second, third] = stored as [string, string, string];
      expect(await store.handBack(w1, { staying: [second], fetched: [third] })).toBe(2);
      const { entries } = await store.claim(w2, 3_600_000, '-', 10);
      expect(entries.map(({ nativeId, deliveryCount }) => [nativeId, deliveryCount])).toEqual([
        [stored[0], 3],
        [third, 2],
      ]);
    });

    it('passes over what is gone: it stays pending with its owner', async () => {
      const { store, deleteUpTo } = current();
      const { w1, w2, stored } = await handOut(2);
      await deleteUpTo(w1.stream, stored[0]!);
      expect(await store.handBack(w1, { fetched: stored })).toBe(1);
      const { entries } = await store.claim(w2, 0, '-', 10);
      expect(entries.map(({ nativeId, fields }) => [nativeId, fields])).toEqual([
        [stored[0], null],
        [stored[1], ['value', '2']],
      ]);
    });
  });
}
