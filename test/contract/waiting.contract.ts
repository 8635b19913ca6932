import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { append, consumerOf, newStream, values, type Current } from './contract-fixtures.js';

export function describeWaiting(current: Current): void {
  const never = () => new AbortController().signal;

  describe('whenAppended', () => {
    it('resolves to the id of an entry that is appended later', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [first] = await append(store, stream, 1);
      const waiting = store.whenAppended(stream, first!, never());
      const [second] = await append(other, stream, 2);
      expect(await waiting).toBe(second);
    });

    it('resolves to the newest id where entries came between the dry read and the wait', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const { lastDeliveredId } = await store.openGroup(w1, { since: '0' });
      expect(await store.readNew(w1, 1)).toEqual([]);
      const [, newest] = await append(store, w1.stream, 1, 2);
      expect(await store.whenAppended(w1.stream, lastDeliveredId, never())).toBe(newest);
    });

    it('waits on for the next entry when given the id that it resolved to', async () => {
      const { store, other } = current();
      const stream = newStream();
      const appended: (string | undefined)[] = [];
      const rung: string[] = [];
      let after = '0-0';
      for (const value of [1, 2, 3]) {
        const waiting = store.whenAppended(stream, after, never());
        appended.push((await append(other, stream, value))[0]);
        after = await waiting;
        rung.push(after);
      }
      expect(rung).toEqual(appended);
    });

    it('waits for a stream that does not exist yet', async () => {
      const { store, other } = current();
      const stream = newStream();
      const waiting = store.whenAppended(stream, '0-0', never());
      const [first] = await append(other, stream, 1);
      expect(await waiting).toBe(first);
    });

    it('wakes all who wait for one stream, each past its own id', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [first] = await append(store, stream, 1);
      const later = Array.from({ length: 50 }, () => store.whenAppended(stream, first!, never()));
      expect(await store.whenAppended(stream, '0-0', never())).toBe(first);
      const [second] = await append(other, stream, 2);
      expect(new Set(await Promise.all(later))).toEqual(new Set([second]));
    });

    it('wakes for each of many streams, in whatever order they are written', async () => {
      const { store, other } = current();
      const streams = Array.from({ length: 30 }, newStream);
      const waiting = streams.map((stream) => store.whenAppended(stream, '0-0', never()));
      const appended = new Map<string, string | undefined>();
      for (const stream of streams.toReversed()) {
        appended.set(stream, (await append(other, stream, 1))[0]);
      }
      expect(await Promise.all(waiting)).toEqual(streams.map((stream) => appended.get(stream)));
    });

    it('takes in a stream while it waits for others', async () => {
      const { store, other } = current();
      const [quiet, busy] = [newStream(), newStream()];
      const stop = new AbortController();
      const quietly = store.whenAppended(quiet, '0-0', stop.signal);
      for (const value of [1, 2, 3]) {
        const [last] = await append(other, busy, value);
        const waiting = store.whenAppended(busy, last!, never());
        const [next] = await append(other, busy, `after ${value}`);
        expect(await waiting).toBe(next);
      }
      stop.abort();
      expect(await quietly).toBe('0-0');
    });

    it('resolves on abort, and leaves others waiting', async () => {
      const { store, other } = current();
      const stream = newStream();
      const stop = new AbortController();
      const stopped = store.whenAppended(stream, '0-0', stop.signal);
      const waiting = store.whenAppended(stream, '0-0', never());
      stop.abort();
      expect(await stopped).toBe('0-0');
      const [first] = await append(other, stream, 1);
      expect(await waiting).toBe(first);
    });

    it('leaves no listener on a signal that outlives the wait', async () => {
      const { store, other } = current();
      const stream = newStream();
      const { signal } = new AbortController();
      const waiting = store.whenAppended(stream, '0-0', signal);
      await append(other, stream, 1);
      await waiting;
      await store.whenAppended(stream, '0-0', signal);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });

    it('resolves at once where the signal is aborted already', async () => {
      const { store } = current();
      expect(await store.whenAppended(newStream(), '5-1', AbortSignal.abort())).toBe('5-1');
    });

    it('can be asked again at any moment after it has resolved', async () => {
      const { store, other } = current();
      const stream = newStream();
      let after = '0-0';
      for (let turns = 0; turns < 30; turns++) {
        const waiting = store.whenAppended(stream, after, never());
        const [nativeId] = await append(other, stream, turns);
        after = await waiting;
        expect(after).toBe(nativeId);
        // Whatever the store still does after the ring is at another point each time.
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      }
    });

    it('never loses a ring: a reader that waits when it finds nothing reads everything in order', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      let { lastDeliveredId: after } = await store.openGroup(w1, { since: '0' });
      const numbers = Array.from({ length: 300 }, (_, i) => String(i));

      const write = async () => {
        for (const number of numbers) await append(other, w1.stream, number);
      };
      const read = async () => {
        const seen: (string | undefined)[] = [];
        // Bounded, so that a wait that never waits is a failure and not a hang.
        for (let reads = 0; seen.length < numbers.length && reads < 10_000; reads++) {
          const entries = await store.readNew(w1, 1);
          seen.push(...values(entries));
          after = entries.at(-1)?.nativeId ?? (await store.whenAppended(w1.stream, after, never()));
        }
        return seen;
      };

      const [seen] = await Promise.all([read(), write()]);
      expect(seen).toEqual(numbers);
    });
  });
}
