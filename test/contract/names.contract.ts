import { describe, expect, it } from '@jest/globals';
import { GroupNameInUseError, ProcessNameInUseError } from '../../lib/errors.js';
import type { Member } from '../../lib/store/consumer-groups.js';
import { ReplacedError } from '../../lib/store/ownership-errors.js';
import type { EventStore } from '../../lib/store/event-store.js';
import { waitFor } from '../support/wait-for.js';
import {
  append,
  consumerOf,
  heldBy,
  ids,
  newStream,
  type Current,
  ALL,
} from './contract-fixtures.js';

/** Long enough that a busy machine does not let it pass between two calls. */
const TTL_MS = 60_000;

const REPORT = { listener: 'stock', reason: 'failed', message: 'no stock', attempts: 1 };

export function describeNames(current: Current): void {
  /** Opens the group for a process that has just shown that it lives. */
  async function take(store: EventStore, member: Member, ttlMs = TTL_MS): Promise<void> {
    await store.beat(member.holder, ttlMs);
    await store.openGroup(member, { since: '0' });
  }

  function failureOf(call: Promise<unknown>): Promise<unknown> {
    return call.then(
      () => 'nothing failed',
      (error: unknown) => error,
    );
  }

  describe("a consumer's name", () => {
    it('is had by the first who asks; everybody else is told who has it', async () => {
      const { store, other } = current();
      const first = consumerOf(newStream());
      const second = heldBy(first, 'second');
      await take(store, first);

      const failure = await failureOf(take(other, second));

      expect(failure).toBeInstanceOf(ProcessNameInUseError);
      const { message } = failure as Error;
      expect(message).toContain(`'${first.consumer}' is in use in consumer group 'shop-stock'`);
      expect(message).toContain('process 1 on host \'a \\"host\\" 🚌\'');
      expect(message).toContain(first.holder.since);
      expect(await store.holds(first)).toBe(true);
      expect(await other.holds(second)).toBe(false);
      // Asking in vain takes nothing from the holder, which may ask again.
      await take(store, first);
      expect(await failureOf(take(other, second))).toBeInstanceOf(ProcessNameInUseError);
    });

    it('is given to one of those who ask at the same time', async () => {
      const { store, other } = current();
      const stores = [store, other];
      const w1 = consumerOf(newStream());
      const members = Array.from({ length: 20 }, (_, i) => heldBy(w1, `t${i}`));

      const failures = await Promise.all(
        members.map((member, i) => failureOf(take(stores[i % 2]!, member))),
      );

      expect(failures.filter((failure) => failure === 'nothing failed')).toHaveLength(1);
      expect(failures.filter((each) => each instanceof ProcessNameInUseError)).toHaveLength(19);
    });

    it('is taken over from a process that gives no sign of life any more, and not before', async () => {
      const { store } = current();
      const first = consumerOf(newStream());
      const second = heldBy(first, 'second');
      const before = Date.now();
      await take(store, first, 200);
      await store.beat(second.holder, TTL_MS);

      await waitFor(async () => (await failureOf(take(store, second))) === 'nothing failed');

      // Clocks may round to whole milliseconds.
      expect(Date.now() - before).toBeGreaterThanOrEqual(195);
      expect(await store.holds(first)).toBe(false);
      expect(await store.holds(second)).toBe(true);
      expect(await failureOf(take(store, first))).toBeInstanceOf(ProcessNameInUseError);
    });

    it('is kept longer with each sign of life', async () => {
      const { store } = current();
      const first = consumerOf(newStream());
      await take(store, first, 200);
      await store.beat(first.holder, TTL_MS);
      // Another one of 200 ms tells that enough time has passed.
      const passed = heldBy(consumerOf(newStream()), 'another');
      await take(store, passed, 200);
      const heir = heldBy(passed, 'heir');
      await waitFor(async () => (await failureOf(take(store, heir))) === 'nothing failed');
      expect(await failureOf(take(store, heldBy(first, 'second')))).toBeInstanceOf(
        ProcessNameInUseError,
      );
    });

    it('comes with whether the process was known to live until now', async () => {
      const { store, other } = current();
      const { holder } = consumerOf(newStream());
      expect(await store.beat(holder, TTL_MS)).toBe(false);
      expect(await store.beat(holder, TTL_MS)).toBe(true);
      expect(await other.beat(holder, 1)).toBe(true);
      // Each call is a sign of life itself: short ones, until one is over before the next.
      await waitFor(async () => !(await store.beat(holder, 1)));
    });

    it('is one for each stream, each group and each consumer', async () => {
      const { store, other } = current();
      const first = consumerOf(newStream());
      await take(store, first);
      const others = [
        { ...first, stream: newStream() },
        { ...first, group: 'shop-mail' },
        { ...first, consumer: 'w2' },
      ];
      for (const one of others) await take(other, heldBy(one, 'second'));
      expect(await store.holds(first)).toBe(true);
    });

    it('keeps free names apart', async () => {
      const { store, other } = current();
      const stream = newStream();
      await take(store, consumerOf(stream, 'b:c', 'a'));
      await take(other, heldBy(consumerOf(stream, 'c', 'a:b'), 'second'));
    });

    it('is free at once when it is given up', async () => {
      const { store, other } = current();
      const first = consumerOf(newStream());
      await take(store, first);
      expect(await store.handBack(first)).toBe(0);
      expect(await store.holds(first)).toBe(false);
      await take(other, heldBy(first, 'second'));
    });

    it('is not given up by a process that does not have it', async () => {
      const { store, other } = current();
      const first = consumerOf(newStream());
      const second = heldBy(first, 'second');
      const [id] = await append(store, first.stream, 1);
      await take(store, first);
      await store.readNew(first, 1);
      expect(await other.handBack(second, { fetched: [id!] })).toBe(0);
      expect(await store.holds(first)).toBe(true);
      expect(await store.acknowledge(first, [id!])).toEqual([]);
    });
  });

  describe('a process that has been replaced', () => {
    /** w1 has two entries; then another process took its name over. */
    async function replace() {
      const { store } = current();
      const first = consumerOf(newStream());
      const second = heldBy(first, 'second');
      const stored = (await append(store, first.stream, 1, 2)) as [string, string];
      await store.openGroup(first, { since: '0' });
      await store.readNew(first, 2);
      await take(store, second);
      return { store, first, second, stored };
    }

    const calls: [string, (store: EventStore, ref: Member, id: string) => Promise<unknown>][] = [
      ['acknowledge', (store, ref, id) => store.acknowledge(ref, [id])],
      ['acknowledge of nothing', (store, ref) => store.acknowledge(ref, [])],
      ['keepAlive', (store, ref, id) => store.keepAlive(ref, [id])],
      ['claim', (store, ref) => store.claim(ref, 0, '-', 10)],
      ['readPending', (store, ref) => store.readPending(ref, '0-0', 10)],
      ['deadLetter', (store, ref, id) => store.deadLetter(ref, id, REPORT)],
      ['recordAttempts', (store, ref, id) => store.recordAttempts(ref, id, 7, true)],
      ['countAttempt', (store, ref, id) => store.countAttempt(ref, id)],
    ];

    it.each(calls)('is told so by %s, and nothing happens', async (_, call) => {
      const { store, first, second, stored } = await replace();

      const failure = await failureOf(call(store, first, stored[0]));

      expect(failure).toBeInstanceOf(ReplacedError);
      expect((failure as Error).message).toContain("'w1' of group 'shop-stock'");
      const pending = await store.readPending(second, '0-0', 10);
      expect(ids(pending)).toEqual(stored);
      expect(pending.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2]);
      // What the first one was handling when it was replaced.
      expect(pending.map(({ attempts }) => attempts)).toEqual([0, 0]);
      expect(await store.deadLetters(first, ALL)).toEqual([]);
      expect(await store.holds(second)).toBe(true);
    });

    it('is told who it was when it opens the group again', async () => {
      const { store, first } = await replace();
      expect(await failureOf(store.openGroup(first, { since: '0' }))).toBeInstanceOf(
        ProcessNameInUseError,
      );
    });
  });

  describe("the halves of a group's name", () => {
    const owner = { service: 'store', listener: 'mails-send' };
    const other = { service: 'store-mails', listener: 'send' };

    it('may not be put together in two ways', async () => {
      const { store } = current();
      const first = consumerOf(newStream(), 'w1', 'store-mails-send');
      const second = consumerOf(first.stream, 'w2', 'store-mails-send');
      await append(store, first.stream, 1);
      await store.openGroup(first, { since: '0', owner });

      const failure = await failureOf(store.openGroup(second, { since: '0', owner: other }));

      expect(failure).toBeInstanceOf(GroupNameInUseError);
      expect((failure as Error).message).toContain('listener "mails-send" of service "store"');
      expect(await store.holds(second)).toBe(false);
      await store.openGroup(second, { since: '0', owner });
    });

    it('are one thing on each stream', async () => {
      const { store } = current();
      await store.openGroup(consumerOf(newStream()), { since: '0', owner });
      await store.openGroup(consumerOf(newStream()), { since: '0', owner: other });
    });

    it('belong to the first who tells them, where a group was there without', async () => {
      const { store } = current();
      const [w1, w2] = [consumerOf(newStream()), consumerOf('x', 'w2')];
      await store.openGroup(w1, { since: '0' });
      await store.openGroup({ ...w2, stream: w1.stream }, { since: '0', owner });
      const third = store.openGroup(consumerOf(w1.stream, 'w3'), { since: '0', owner: other });
      await expect(third).rejects.toBeInstanceOf(GroupNameInUseError);
    });
  });
}
