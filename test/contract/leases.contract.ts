import { describe, expect, it } from '@jest/globals';
import type { LeaseHolder } from '../../lib/store/event-store.js';
import { waitFor } from '../support/wait-for.js';
import { consumerOf, newStream, type Current } from './contract-fixtures.js';

/** Long enough that a busy machine does not let it pass between two calls. */
const TTL_MS = 60_000;

function holder(token: string, pid = 1): LeaseHolder {
  return { host: 'a "host" 🚌', pid, since: '2026-01-02T03:04:05.678Z', token };
}

export function describeLeases(current: Current): void {
  describe('lease', () => {
    it('is given to the first who asks, and told to everybody else', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      const [first, second] = [holder('first'), holder('second', 2)];
      expect(await store.lease(ref, first, TTL_MS)).toBeNull();
      expect(await other.lease(ref, second, TTL_MS)).toEqual(first);
      // Asking in vain takes nothing from the holder.
      expect(await store.lease(ref, first, TTL_MS)).toBeNull();
      expect(await other.lease(ref, second, TTL_MS)).toEqual(first);
    });

    it('is given to one of those who ask at the same time', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? other : store).lease(ref, holder(`t${i}`, i), TTL_MS),
        ),
      );
      const winner = answers.findIndex((answer) => answer === null);
      const losers = answers.filter((answer) => answer !== null);
      expect(losers).toEqual(Array.from({ length: 19 }, () => holder(`t${winner}`, winner)));
    });

    it('ends after its time, and can be taken then', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      const before = Date.now();
      await store.lease(ref, holder('first'), 200);
      await waitFor(async () => (await other.lease(ref, holder('second'), TTL_MS)) === null);
      // Clocks may round to whole milliseconds.
      expect(Date.now() - before).toBeGreaterThanOrEqual(195);
      expect(await store.lease(ref, holder('first'), TTL_MS)).toEqual(holder('second'));
    });

    it('lasts longer each time that its holder asks', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      await store.lease(ref, holder('first'), 200);
      await store.lease(ref, holder('first'), TTL_MS);
      const passed = consumerOf(newStream());
      // Another lease of 200 ms tells that enough time has passed.
      await store.lease(passed, holder('first'), 200);
      await waitFor(async () => (await other.lease(passed, holder('second'), TTL_MS)) === null);
      expect(await other.lease(ref, holder('second'), TTL_MS)).toEqual(holder('first'));
    });

    it('is one for each stream, each group and each consumer', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      await store.lease(ref, holder('first'), TTL_MS);
      const others = [
        { ...ref, stream: newStream() },
        { ...ref, group: 'shop-mail' },
        { ...ref, consumer: 'w2' },
      ];
      for (const one of others) {
        expect(await other.lease(one, holder('second'), TTL_MS)).toBeNull();
      }
      expect(await other.lease(ref, holder('second'), TTL_MS)).toEqual(holder('first'));
    });

    it('keeps free names apart', async () => {
      const { store } = current();
      const stream = newStream();
      await store.lease({ stream, group: 'a', consumer: 'b:c' }, holder('first'), TTL_MS);
      const similar = { stream, group: 'a:b', consumer: 'c' };
      expect(await store.lease(similar, holder('second'), TTL_MS)).toBeNull();
    });
  });

  describe('release', () => {
    it('frees the name at once', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      await store.lease(ref, holder('first'), TTL_MS);
      await store.release(ref, holder('first'));
      expect(await other.lease(ref, holder('second'), TTL_MS)).toBeNull();
    });

    it('does nothing where another one holds the name, or nobody', async () => {
      const { store, other } = current();
      const ref = consumerOf(newStream());
      await store.release(ref, holder('first'));
      await other.lease(ref, holder('second'), TTL_MS);
      await store.release(ref, holder('first'));
      expect(await store.lease(ref, holder('first'), TTL_MS)).toEqual(holder('second'));
    });
  });
}
