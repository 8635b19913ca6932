import { describe, expect, it } from '@jest/globals';
import { append, consumerOf, ids, newStream, values, type Current } from './contract-fixtures.js';

export function describePending(current: Current): void {
  /** A group whose consumer w1 has been handed `count` entries. */
  async function handOut(count: number) {
    const { store } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const stored = await append(store, w1.stream, ...numbers);
    await store.openGroup(w1, { since: '0' });
    await store.openGroup(w2, { since: '0' });
    await store.readNew(w1, count);
    return { ...current(), w1, w2, stored };
  }

  describe('readPending', () => {
    it("reads the consumer's own pending entries, oldest first", async () => {
      const { store, w1, w2, stored } = await handOut(3);
      const [fourth] = await append(store, w1.stream, 4);
      await store.readNew(w2, 1);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored);
      expect(ids(await store.readPending(w2, '0-0', 10))).toEqual([fourth]);
      const w3 = consumerOf(w1.stream, 'w3');
      await store.openGroup(w3, { since: '0' });
      expect(await store.readPending(w3, '0-0', 10)).toEqual([]);
    });

    it('ends when it is paged by the last id', async () => {
      const { store, w1 } = await handOut(5);
      const pages: (string | undefined)[][] = [];
      // Bounded, so that pages without an end are a failure and not a hang.
      for (let after = '0-0'; pages.length < 10;) {
        const page = await store.readPending(w1, after, 2);
        if (page.length === 0) break;
        pages.push(values(page));
        after = page.at(-1)?.nativeId ?? '';
      }
      expect(pages).toEqual([['1', '2'], ['3', '4'], ['5']]);
    });

    it('raises the delivery count each time', async () => {
      const { store, w1 } = await handOut(2);
      const counts = async (count: number) =>
        (await store.readPending(w1, '0-0', count)).map((read) => read.deliveryCount);
      expect(await counts(2)).toEqual([2, 2]);
      expect(await counts(1)).toEqual([3]);
      expect(await counts(2)).toEqual([4, 3]);
    });

    it('leaves out what was acknowledged', async () => {
      const { store, w1, stored } = await handOut(3);
      await store.acknowledge(w1, [stored[1]!]);
      expect(values(await store.readPending(w1, '0-0', 10))).toEqual(['1', '3']);
    });

    it('hands over the ids of entries whose data is gone, and they stay pending', async () => {
      const { store, w1, stored, deleteUpTo } = await handOut(3);
      await deleteUpTo(w1.stream, stored[1]!);

      for (const _ of ['first time', 'second time']) {
        const read = await store.readPending(w1, '0-0', 10);
        expect(ids(read)).toEqual(stored);
        expect(read.map(({ fields }) => fields)).toEqual([null, null, ['value', '3']]);
        for (const { deliveryCount } of read) expect(deliveryCount).toBeGreaterThanOrEqual(1);
      }

      expect(await store.acknowledge(w1, stored)).toEqual([]);
      expect(await store.readPending(w1, '0-0', 10)).toEqual([]);
    });
  });

  describe('acknowledge', () => {
    it('resolves to the ids that the consumer did not own', async () => {
      const { store, w1, stored } = await handOut(3);
      const [first, second, third] = stored as [string, string, string];
      expect(await store.acknowledge(w1, [third, first])).toEqual([]);
      expect(await store.acknowledge(w1, [first, second, third])).toEqual([first, third]);
      expect(await store.acknowledge(w1, stored)).toEqual(stored);
      expect(await store.readPending(w1, '0-0', 10)).toEqual([]);
    });

    it('does nothing for no ids, nor for ids that were never handed out', async () => {
      const { store, w1, stored } = await handOut(1);
      const [later] = await append(store, w1.stream, 2);
      expect(await store.acknowledge(w1, [])).toEqual([]);
      expect(await store.acknowledge(w1, ['1-1', later!])).toEqual(['1-1', later]);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored);
      expect(ids(await store.readNew(w1, 10))).toEqual([later]);
    });

    it("leaves another consumer's entries alone", async () => {
      const { store, other, w1, w2, stored } = await handOut(2);
      expect(await other.acknowledge(w2, stored)).toEqual(stored);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored);
    });

    it('acknowledges once, however often it is called at the same time', async () => {
      const { store, other, w1, stored } = await handOut(20);
      const results = await Promise.all(
        [store, other, store, other].map((each) => each.acknowledge(w1, stored)),
      );
      expect(results.map((others) => others.length).sort()).toEqual([0, 20, 20, 20]);
    });
  });

  describe('keepAlive', () => {
    it('resolves to the ids that the consumer does not own, and raises no delivery count', async () => {
      const { store, w1, w2, stored } = await handOut(3);
      await store.acknowledge(w1, [stored[1]!]);
      expect((await store.keepAlive(w1, [...stored, '1-1'])).sort()).toEqual(['1-1', stored[1]]);
      expect(await store.keepAlive(w2, stored)).toEqual(stored);
      expect(await store.keepAlive(w1, [])).toEqual([]);
      const read = await store.readPending(w1, '0-0', 10);
      expect(read.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2]);
    });

    it('keeps entries whose data is gone', async () => {
      const { store, w1, stored, deleteUpTo } = await handOut(2);
      await deleteUpTo(w1.stream, stored[0]!);
      expect(await store.keepAlive(w1, stored)).toEqual([]);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual(stored);
    });
  });
}
