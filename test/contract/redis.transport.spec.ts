import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisTransport } from '../../lib/transport/redis/redis.transport.js';
import { sharedRedis, type SharedRedis } from '../support/redis-server.js';
import { append, consumerOf, newStream } from './contract-fixtures.js';
import { describeTransportContract } from './transport.contract.js';

let redis: SharedRedis;
let raw: Redis;

/** What the transports have reported about their connections. */
const reports: string[] = [];
const logger = {
  log: (message: unknown) => void reports.push(String(message)),
  error: (message: unknown) => void reports.push(String(message)),
};

beforeAll(async () => {
  redis = await sharedRedis();
  raw = redis.client();
});

// Nothing here loses a connection: opening and closing on purpose is no news.
afterAll(() => expect(reports).toEqual([]));

describeTransportContract('RedisTransport', async () => {
  const transport = new RedisTransport({ url: redis.url, logger });
  const other = new RedisTransport({ url: redis.url, logger });
  await Promise.all([transport.connect(5000), other.connect(5000)]);
  return {
    transport,
    other,
    async deleteUpTo(stream, nativeId) {
      const entries = await raw.xrange(stream, '-', nativeId);
      await raw.xdel(stream, ...entries.map(([id]) => id));
    },
    async cleanup() {
      await Promise.all([transport.close(), other.close()]);
    },
  };
});

describe('RedisTransport on the server', () => {
  let transport: RedisTransport;

  beforeAll(async () => {
    transport = new RedisTransport({ url: redis.url, logger });
    await transport.connect(5000);
  });

  afterAll(() => transport.close());

  it('makes the consumer with its group, so that Python Lightbus does not destroy it', async () => {
    const { stream, group, consumer } = consumerOf(newStream());
    await transport.openGroup({ stream, group, consumer }, { since: '0' });
    const consumers = (await raw.xinfo('CONSUMERS', stream, group)) as unknown[][];
    expect(consumers).toHaveLength(1);
    expect(consumers[0]).toEqual(expect.arrayContaining(['name', consumer, 'pending', 0]));
  });

  it('makes a group that was destroyed again before what any process had in hand', async () => {
    const w1 = consumerOf(newStream());
    const w2 = { ...w1, consumer: 'w2' };
    const [first, second] = await append(transport, w1.stream, 1, 2);
    for (const ref of [w1, w2]) await transport.openGroup(ref, { since: '0' });
    for (const ref of [w1, w2]) await transport.readNew(ref, 1);
    await transport.acknowledge(w2, [second!]);

    await raw.xgroup('DESTROY', w1.stream, w1.group);
    await transport.openGroup(w2, { since: '0', position: second });
    expect((await transport.readNew(w2, 9)).map(({ nativeId }) => nativeId)).toEqual([
      first,
      second,
    ]);
  });

  it('makes a group again where this process stopped, if Redis has forgotten that', async () => {
    const w1 = consumerOf(newStream());
    const [first, second] = await append(transport, w1.stream, 1, 2);
    await raw.del(`lightbus:position:{${w1.stream}}:${w1.group}`);
    await transport.openGroup(w1, { since: '0', position: first });
    expect((await transport.readNew(w1, 9)).map(({ nativeId }) => nativeId)).toEqual([second]);
  });

  it('writes exactly the fields that it was given', async () => {
    const stream = newStream();
    const fields = ['id', 'x', 'api_name', 'a', 'event_name', 'b', 'version', '1', ':p', '"ü"'];
    const [id] = await transport.append(stream, [fields], { maxLength: null, timeoutMs: 5000 });
    expect(await raw.xrange(stream, '-', '+')).toEqual([[id, fields]]);
  });

  it('finds streams only among the keys', async () => {
    const stream = newStream();
    await append(transport, stream, 1);
    await raw.set(`${stream}:lease`, 'no stream');
    expect(await transport.findStreams(stream, '')).toEqual([stream]);
  });
});
