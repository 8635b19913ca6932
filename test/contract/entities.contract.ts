import { describe, expect, it } from '@jest/globals';
import { entry, ids, idParts, ALL, KEEP_ALL, type Current } from './contract-fixtures.js';
import { counted, KEYS, newOrders, order, placesOf } from './entity-fixtures.js';

export function describeEntities(current: Current): void {
  describe('the events of an entity', () => {
    it('are those of its key, whatever is stored between them, each with its number', async () => {
      const { store, other } = current();
      const { stream, event, placed } = newOrders();
      const stored = await store.append(
        stream,
        [
          placed('a'),
          placed('b'),
          event('paid', { orderId: 'a' }),
          event('placed', { other: 'a' }),
          event('shipped', { orderId: 'a' }),
          entry('no event'),
          placed('a'),
        ],
        KEEP_ALL,
      );
      const [first, second, third, , , , fourth] = stored;
      expect(await placesOf(store, stream, 'a')).toEqual(counted([first!, third!, fourth!]));
      expect(await placesOf(other, stream, 'b')).toEqual(counted([second!]));
      expect(await placesOf(other, stream, 'c')).toEqual([]);
      const [next] = await other.append(stream, [placed('b')], KEEP_ALL);
      expect(await placesOf(store, stream, 'b')).toEqual(counted([second!, next!]));
    });

    it('are read in pages from both ends, between bounds of every kind', async () => {
      const { store } = current();
      const { stream, placed } = newOrders();
      const many = Array.from({ length: 420 }, (_, i) => placed(i % 2 ? 'a' : 'b'));
      const stored = (await store.append(stream, many, KEEP_ALL)).filter((_, i) => i % 2);
      const all = counted(stored);
      const pages = [
        {},
        { count: 10 },
        { count: 0 },
        { start: stored[63]!, count: 3 },
        { start: `(${stored[63]!}`, end: stored[130]! },
        { start: stored[100]!, end: `(${stored[100]!}` },
        { start: `(${stored[209]!}` },
        { end: `(${stored[0]!}` },
        { start: stored[128]!, end: stored[128]! },
        { start: String(idParts(stored[5]!)[0]), end: String(idParts(stored[5]!)[0]) },
        { start: stored[10]!, end: stored[2]! },
        { start: '+' },
        { end: '-' },
      ];
      for (const page of pages) {
        const asRange = { ...ALL, ...page, count: 1_000 };
        const [within, most] = [ids(await store.range(stream, asRange)), { ...ALL, ...page }.count];
        const expected = all.filter(({ nativeId }) => within.includes(nativeId));
        expect(await placesOf(store, stream, 'a', page)).toEqual(expected.slice(0, most));
        const reverse = await placesOf(store, stream, 'a', { ...page, reverse: true });
        expect(reverse).toEqual(expected.reverse().slice(0, most));
      }
    });

    it('belong together where the texts of their keys are one', async () => {
      const { store } = current();
      const { stream, event, placed } = newOrders();
      const odd = ['1.0', ' 1 ', '"\\u0031"', '1e0', 'null', '["1"]', '"1', ''].map((json) =>
        event('placed', {}).concat(':orderId', json),
      );
      const stored = await store.append(stream, [placed(1), placed('1'), ...odd], KEEP_ALL);
      expect(await placesOf(store, stream, '1')).toEqual(counted(stored.slice(0, 5)));
      expect(await placesOf(store, stream, '1e0')).toEqual(counted(stored.slice(5, 6)));
      expect(await placesOf(store, stream, '')).toEqual([]);
      const [empty] = await store.append(stream, [placed('')], KEEP_ALL);
      expect(await placesOf(store, stream, '')).toEqual(counted([empty!]));
    });

    it('are kept apart by parameter and key, whatever these are', async () => {
      const { store } = current();
      const { stream, event } = newOrders();
      const [x, y] = [
        { parameter: 'a:b', key: '🚌 \0\n' },
        { parameter: 'a', key: 'b:🚌 \0\n' },
      ];
      const keys = new Map([
        ['__proto__', x.parameter],
        ['constructor', y.parameter],
      ]);
      const [first, second] = await store.append(
        stream,
        [
          event('__proto__', { [x.parameter]: x.key }),
          event('constructor', { [y.parameter]: y.key }),
        ],
        KEEP_ALL,
      );
      expect(await store.entityPlaces(stream, keys, x, ALL)).toEqual(counted([first!]));
      expect(await store.entityPlaces(stream, keys, y, ALL)).toEqual(counted([second!]));
    });

    it('are what an entry says last, and of the API of the stream', async () => {
      const { store } = current();
      const { stream, apiName, placed } = newOrders();
      const json = JSON.stringify('a');
      const [twice, , , unnamed] = await store.append(
        stream,
        [
          ['event_name', 'x', 'api_name', 'y', ...placed('b'), ':orderId', json],
          [...placed('a'), 'api_name', `${apiName}.x`],
          [...placed('a'), 'event_name', 'shipped'],
          ['event_name', 'placed', 'api_name', '', ':orderId', json],
          [':orderId', json],
        ],
        KEEP_ALL,
      );
      expect(await placesOf(store, stream, 'a')).toEqual(counted([twice!, unnamed!]));
    });

    it('are named by a stream of single events, where the entries say nothing', async () => {
      const { store } = current();
      const { apiName } = newOrders();
      const stream = `${apiName}.placed:stream`;
      const [first] = await store.append(stream, [[':orderId', '"a"']], KEEP_ALL);
      expect(await placesOf(store, stream, 'a')).toEqual(counted([first!]));
      // Without an API.
      const nowhere = `${apiName}:stream`;
      await store.append(nowhere, [['event_name', 'placed', ':orderId', '"a"']], KEEP_ALL);
      expect(await placesOf(store, nowhere, 'a')).toEqual([]);
    });

    it('are counted anew when older ones are deleted, or what is known of them', async () => {
      const { store, other, deleteUpTo, deleteIndex } = current();
      const { stream, placed } = newOrders();
      const stored = await store.append(
        stream,
        'abaab'.split('').map((key) => placed(key)),
        KEEP_ALL,
      );
      expect(await placesOf(store, stream, 'a')).toHaveLength(3);
      await deleteUpTo(stream, stored[1]!);
      expect(await placesOf(other, stream, 'a')).toEqual(counted(stored.slice(2, 4)));
      await deleteIndex(stream);
      // Who knows nothing of the keys finds what others have told.
      expect(await store.eventKeys(stream, new Map())).toEqual(KEYS);
      expect(await placesOf(store, stream, 'a', {}, new Map())).toEqual(
        counted(stored.slice(2, 4)),
      );
      await deleteUpTo(stream, stored[4]!);
      expect(await placesOf(other, stream, 'a')).toEqual([]);
      expect(await placesOf(other, stream, 'b')).toEqual([]);
    });

    it('are known as far as they were taken in, which is told without taking in any', async () => {
      const { store } = current();
      const { stream, placed } = newOrders();
      expect(await store.entitiesBehind(stream)).toBe(0);
      await store.append(stream, [placed('a'), placed('b')], KEEP_ALL);
      expect(await store.entitiesBehind(stream)).toBe(2);
      expect(await store.entitiesBehind(stream)).toBe(2);
      await placesOf(store, stream, 'a');
      expect(await store.entitiesBehind(stream)).toBe(0);
      await store.append(stream, [placed('c')], KEEP_ALL);
      expect(await store.entitiesBehind(stream)).toBe(1);
      await placesOf(store, stream, 'a');
      await store.append(stream, [placed('d')], { ...KEEP_ALL, maxLength: 2 });
      expect(await store.entitiesBehind(stream)).toBeGreaterThan(0);
    });

    it('of a stream that is not there are none', async () => {
      const { store } = current();
      const { stream } = newOrders();
      expect(await placesOf(store, stream, 'a')).toEqual([]);
      expect(await store.entriesAt(stream, ['1-1'])).toEqual([{ nativeId: '1-1', fields: null }]);
      expect(await store.entriesAt(stream, [])).toEqual([]);
    });

    it('are found under a key that was told later, and under those that were told before', async () => {
      const { store, other } = current();
      const { stream, event } = newOrders();
      const [both] = await store.append(
        stream,
        [event('placed', { orderId: 'a', id: 'b' })],
        KEEP_ALL,
      );
      const byId = { parameter: 'id', key: 'b' };
      expect(await store.entityPlaces(stream, new Map(), byId, ALL)).toEqual([]);
      expect(await placesOf(store, stream, 'a')).toEqual(counted([both!]));
      const theirs = new Map([['placed', 'id']]);
      expect(await other.entityPlaces(stream, theirs, byId, ALL)).toEqual(counted([both!]));
      expect(await placesOf(store, stream, 'a')).toEqual(counted([both!]));
      expect(await other.entityPlaces(stream, new Map(), byId, ALL)).toEqual(counted([both!]));
    });

    it('have the keys that services have told, the last one first of all', async () => {
      const { store, other } = current();
      const { stream } = newOrders();
      expect(await store.eventKeys(stream, new Map())).toEqual(new Map());
      expect(await store.eventKeys(stream, KEYS)).toEqual(KEYS);
      const all = new Map([...KEYS, ['placed', 'id'], ['shipped', 'parcel']]);
      const theirs = new Map([
        ['placed', 'id'],
        ['shipped', 'parcel'],
      ]);
      expect(await other.eventKeys(stream, theirs)).toEqual(all);
      expect(await store.eventKeys(stream, new Map())).toEqual(all);
      expect(await store.eventKeys(stream, KEYS)).toEqual(new Map([...all, ...KEYS]));
      expect(await other.eventKeys(stream, new Map())).toEqual(new Map([...all, ...KEYS]));
    });

    it('are read by their ids, in this order, however many and large they are', async () => {
      const { store, deleteUpTo } = current();
      const { stream, event } = newOrders();
      const entries = Array.from({ length: 150 }, (_, i) =>
        event('placed', { orderId: 'a', text: 'x'.repeat(i % 50 === 0 ? 300_000 : i) }),
      );
      const stored = await store.append(stream, entries, KEEP_ALL);
      const expected = stored.map((nativeId, i) => ({
        nativeId,
        fields: entries[i] as string[] | null,
      }));
      expect(await store.entriesAt(stream, stored)).toEqual(expected);
      await deleteUpTo(stream, stored[0]!);
      expected[0] = { nativeId: stored[0]!, fields: null };
      expect(await store.entriesAt(stream, stored.toReversed())).toEqual(expected.reverse());
    });

    it('are not read any more once the signal is aborted', async () => {
      const { store } = current();
      const { stream } = newOrders();
      const reading = store.entityPlaces(
        stream,
        KEYS,
        order('a'),
        ALL,
        AbortSignal.abort('enough'),
      );
      await expect(reading).rejects.toBe('enough');
    });
  });
}
