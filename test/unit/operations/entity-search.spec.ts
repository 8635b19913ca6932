import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { searchEntity } from '../../../lib/operations/entity-search.js';
import { readHistoryPage } from '../../../lib/operations/history-page.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';

const STREAM = 'my.shop.*:stream';

describe('searchEntity', () => {
  let store: MemoryStore;

  beforeEach(() => {
    store = new MemoryStore();
  });

  const add = (event: string, parameters: Record<string, string>) => {
    const fields = Object.entries(parameters).flatMap(([name, value]) => [
      `:${name}`,
      `"${value}"`,
    ]);
    const options = { maxLength: null, timeoutMs: 1_000 };
    return store.append(STREAM, [['event_name', event, ...fields]], options);
  };

  const search = (key: string) => searchEntity([{ store, stream: STREAM }], key);

  it('finds events by the index, of whichever kind of entity the key is', async () => {
    await store.eventKeys(
      STREAM,
      new Map([
        ['placed', 'order'],
        ['joined', 'customer'],
      ]),
    );
    await add('placed', { order: '1' });
    await add('joined', { customer: '1' });
    await add('placed', { order: '2' });
    await add('placed', { order: '1' });
    const { sources, isIndexed, keys } = await search('1');
    expect(isIndexed).toBe(true);
    expect(keys.get(STREAM)?.get('joined')).toBe('customer');
    const take = ({ sequence }: { sequence?: number }) => sequence;
    const all = { sources, start: '-', end: '+', reverse: false, take };
    expect(await readHistoryPage({ ...all, limit: 10 })).toMatchObject({
      ...{ items: [1, 1, 2], looked: 3, next: null },
    });
    const first = await readHistoryPage({ ...all, limit: 2 });
    expect(await readHistoryPage({ ...all, limit: 2, cursor: first.next! })).toMatchObject({
      ...{ items: [2], next: null },
    });
  });

  it('looks at every entry where no service has told a key', async () => {
    await add('placed', { order: '1' });
    expect(await search('1')).toMatchObject({ isIndexed: false, sources: [{ stream: STREAM }] });
  });

  it('builds no index: where that has much to take in, it is not used', async () => {
    await store.eventKeys(STREAM, new Map([['placed', 'order']]));
    jest.spyOn(store, 'entitiesBehind').mockResolvedValue(10_001);
    const places = jest.spyOn(store, 'entityPlaces');
    expect(await search('1')).toMatchObject({ isIndexed: false });
    expect(places).not.toHaveBeenCalled();
  });
});
