import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiSettings } from '../../../lib/config/settings/settings.js';
import { Stores } from '../../../lib/store/stores.js';
import { FaultyStore } from '../reading/faulty-store.js';

type Changes = Partial<Record<string, unknown>>;

describe('Stores', () => {
  let made: FaultyStore[];
  let apis: Record<string, Changes>;
  let stores: Stores;

  beforeEach(() => {
    made = [];
    apis = {};
    stores = new Stores(
      (apiName) =>
        ({
          event_transport: {
            kind: 'redis',
            url: 'redis://one/0',
            connection_parameters: {},
            consumption_restart_delay: 5,
            stream_use: 'per_api',
            ...apis[apiName],
          },
        }) as ApiSettings,
      () => {
        const faulty = new FaultyStore();
        made.push(faulty);
        return faulty.store;
      },
    );
  });

  it('shares one store among APIs of the same place and connection', () => {
    apis = { b: { url: 'redis://one:6379' }, c: { stream_use: 'per_event' } };
    const [a, b, c] = ['a', 'b', 'c'].map((api) => stores.forApi(api).store);
    expect(a).toBe(b);
    expect(a).toBe(c);
    expect(made).toHaveLength(1);
    expect(stores.all()[0]).toBe(a);
    expect(stores.forApi('a')).toBe(stores.forApi('a'));
  });

  it.each([
    ['url', { url: 'redis://two/0' }],
    ['connection parameters', { connection_parameters: { username: 'other' } }],
    ['reconnect delay', { consumption_restart_delay: 9 }],
    ['number of replicas to wait for', { min_replicas: 1 }],
    ['kind', { kind: 'memory' }],
  ])('makes another one for another %s', (_, changes) => {
    apis = { b: changes };
    stores.forApi('a');
    stores.forApi('b');
    expect(made).toHaveLength(2);
  });

  it('names one stream for an API, or one for each event', async () => {
    apis = { b: { stream_use: 'per_event' } };
    const [a, b] = [stores.forApi('a'), stores.forApi('b')];
    expect([a.streamOf('placed'), a.streamOf('*')]).toEqual(['a.*:stream', 'a.*:stream']);
    expect(b.streamOf('placed')).toBe('b.placed:stream');
    expect(await a.streamsOf('*', true)).toEqual(['a.*:stream']);
    expect(await a.streamsOf('placed', true)).toEqual(['a.*:stream']);
    expect(await b.streamsOf('placed', true)).toEqual(['b.placed:stream']);
  });

  it("finds an API's streams of single events, and not those of APIs whose names begin alike", async () => {
    apis = { store: { stream_use: 'per_event' } };
    const store = stores.forApi('store');
    const streams = ['store.placed:stream', 'store.paid:stream'];
    const others = ['store.orders.placed:stream', 'stores.placed:stream', 'store.placed:other'];
    for (const stream of [...streams, ...others]) {
      await made[0]!.memory.append(stream, [['a', 'b']], { maxLength: null, timeoutMs: 1 });
    }
    expect((await store.streamsOf('*', true)).toSorted()).toEqual(streams.toSorted());
  });

  it('announces streams of single events, and no others', () => {
    apis = { b: { stream_use: 'per_event' } };
    stores.forApi('a').announce('a.*:stream');
    stores.forApi('b').announce('b.placed:stream');
    expect(made[0]!.callsOf('announce')).toEqual([['b', 'b.placed:stream']]);
  });

  it('closes all, also where one fails to close, and says so', async () => {
    apis = { b: { url: 'redis://two/0' } };
    stores.forApi('a');
    stores.forApi('b');
    made[0]!.fail('close');
    await expect(stores.close()).rejects.toThrow('close failed');
    expect(made.map((faulty) => faulty.callsOf('close').length)).toEqual([1, 1]);
  });

  it('leaves nothing open that is asked for after it was closed', async () => {
    await stores.close();
    stores.forApi('a');
    expect(made.map((faulty) => faulty.callsOf('close').length)).toEqual([1]);
  });
});
