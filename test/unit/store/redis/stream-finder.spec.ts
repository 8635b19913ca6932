import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../../../lib/store/redis/redis.store.js';
import { recordCommands, type MonitoredCommand } from '../../../support/monitor.js';
import { owned } from '../../../support/owned.js';
import { startRedis, type RedisServer } from '../../../support/redis-server.js';
import { waitFor } from '../../../support/wait-for.js';

const API = 'store.orders';
const STREAM = `${API}.placed:stream`;
const ANNOUNCED = `lightbus:streams:{${API}.*:stream}`;
const APPEND = { maxLength: null, timeoutMs: 5_000 };

const realNow = performance.now.bind(performance);

let redis: RedisServer;
let raw: Redis;
let store: RedisStore;
let errors: string[];

beforeEach(async () => {
  redis = await startRedis();
  raw = redis.client();
  errors = [];
  store = await open();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.close();
  await redis.stop();
});

/** The store of another process. */
async function open(): Promise<RedisStore> {
  const logger = {
    log: () => undefined,
    warn: () => undefined,
    error: (line: unknown) => void errors.push(String(line)),
  };
  const opened = new RedisStore({ url: redis.url, logger });
  // Where a test fails before it does so itself.
  owned().onEnd(() => opened.close());
  await opened.connect(5_000);
  return opened;
}

async function fillWithForeignKeys(count: number): Promise<void> {
  const script = "for i = 1, ARGV[1] do redis.call('SET', 'session:' .. i, '') end";
  await raw.eval(script, 0, count);
}

const addRaw = (stream: string) => raw.xadd(stream, '*', 'id', 'x', 'event_name', 'placed');

/** How often Redis has run a command. */
async function countOf(command: string): Promise<number> {
  const stats = await raw.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

/** Puts the clock ahead by which intervals are measured. */
function putClockAhead(ms: number): void {
  jest.spyOn(performance, 'now').mockImplementation(() => realNow() + ms);
}

/** The turn to scan is kept for 15 seconds with each page: so much later, three more would have come. */
const whenNoPageCame = () => waitFor(async () => (await raw.pttl('lightbus:scan')) < 14_250);

const ask = (apiName = API) => store.streamsOfApi(apiName, false);
const scansIn = (commands: readonly MonitoredCommand[]) =>
  commands.filter(({ args }) => args[0] === 'scan');

describe('StreamFinder', () => {
  it('looks at every key once, for all who ask and for all APIs, and then answers from what it knows', async () => {
    await fillWithForeignKeys(20_000);
    await addRaw(STREAM);
    await addRaw('store.stock.moved:stream');

    const found = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ask(i % 2 ? API : 'store.stock')),
    );

    expect(new Set(found.flat())).toEqual(new Set([STREAM, 'store.stock.moved:stream']));
    const scans = await countOf('scan');
    // Pages of about 500 keys: other commands go between them.
    expect(scans).toBeGreaterThanOrEqual(30);
    expect(scans).toBeLessThanOrEqual(41);
    putClockAhead(6_000);
    for (let i = 0; i < 50; i++) {
      expect(await ask()).toEqual([STREAM]);
      expect(await store.streamsOfApi(API, true)).toEqual([STREAM]);
    }
    expect(await ask('another.api')).toEqual([]);
    expect(await countOf('scan')).toBe(scans);
  });

  it('reads what is told once in five seconds, for all who ask', async () => {
    const askAll = () => Promise.all(Array.from({ length: 50 }, () => ask()));
    await askAll();
    await askAll();
    expect(await countOf('smembers')).toBe(1);
    expect(await countOf('get')).toBe(1);
    putClockAhead(5_001);
    await askAll();
    expect(await countOf('smembers')).toBe(2);
    await ask('store.stock');
    expect(await countOf('smembers')).toBe(3);
  });

  it("finds what another process of ours announced at the next look, without looking at other people's keys", async () => {
    await ask();
    const scans = await countOf('scan');
    const other = await open();
    other.announce(API, STREAM);
    await other.append(STREAM, [['a', 'b']], APPEND);
    await other.close();
    putClockAhead(5_001);
    expect(await ask()).toEqual([STREAM]);
    expect(await countOf('scan')).toBe(scans);
  });

  it('finds what a published schema names at the next look, once it is there', async () => {
    await ask();
    const scans = await countOf('scan');
    await raw.set(`schema:${API}`, '{"events": {"placed": {}, "a.b": {}, "paid": {}}, "rpcs": {}}');
    await addRaw(`${API}.a.b:stream`);
    await raw.set(`${API}.paid:stream`, 'no stream');
    putClockAhead(5_001);
    expect(await ask()).toEqual([]);
    await addRaw(STREAM);
    putClockAhead(10_002);
    expect(await ask()).toEqual([STREAM]);
    expect(await countOf('scan')).toBe(scans);
  });

  it.each([
    'no JSON',
    'null',
    '[]',
    '{"events": null}',
    '{"events": ["placed"]}',
    '{"events": {"__proto__": {}}}',
  ])('takes %s for no schema', async (schema) => {
    await raw.set(`schema:${API}`, schema);
    await addRaw(STREAM);
    expect(await ask()).toEqual([STREAM]);
    expect(errors).toEqual([]);
  });

  it('believes nobody: what is announced must be a stream of that API', async () => {
    await ask();
    const others = [
      'store.other.e:stream',
      'no-stream',
      `${API}.text:stream`,
      `${API}.none:stream`,
    ];
    await raw.sadd(ANNOUNCED, STREAM, ...others);
    await raw.set(`${API}.text:stream`, '');
    for (const stream of [STREAM, 'store.other.e:stream', 'no-stream']) await addRaw(stream);
    putClockAhead(5_001);
    const looked = await countOf('type');
    expect(await ask()).toEqual([STREAM]);
    // Its four names, and not the other API's.
    expect((await countOf('type')) - looked).toBe(4);
  });

  it('goes on where Redis refuses to tell, and says so once', async () => {
    await raw.set(ANNOUNCED, 'no set');
    await addRaw(STREAM);
    for (let i = 0; i < 3; i++) expect(await store.streamsOfApi(API, true)).toEqual([STREAM]);
    expect(errors).toEqual([
      expect.stringMatching(/^Redis refuses SMEMBERS, .*WRONGTYPE.*may notice .* minutes later/),
    ]);
  });

  it('fails where Redis refuses to look at its keys, and tries again when asked again', async () => {
    await raw.acl('SETUSER', 'default', '-scan');
    await raw.acl('SETUSER', 'lightbus', '-scan');
    await expect(ask()).rejects.toThrow(/NOPERM/);
    await raw.acl('SETUSER', 'default', '+scan');
    await raw.acl('SETUSER', 'lightbus', '+scan');
    expect(await ask()).toEqual([]);
  });

  it('after a minute without questions looks at every key again for who wants all of them, and lets nobody else wait', async () => {
    await ask();
    await addRaw(STREAM);
    expect(await store.streamsOfApi(API, true)).toEqual([]);
    putClockAhead(60_001);
    const scans = await countOf('scan');
    expect(await ask()).toEqual([]);
    expect(await countOf('scan')).toBe(scans);
    expect(await store.streamsOfApi(API, true)).toEqual([STREAM]);
  });

  it('finds what nobody tells of by a scan of a few pages a second, which one process does for all while somebody asks', async () => {
    await fillWithForeignKeys(5_000);
    const other = await open();
    await Promise.all([ask(), other.streamsOfApi(API, false)]);
    const commands = await recordCommands(redis.client());
    await addRaw(STREAM);
    await waitFor(() => scansIn(commands).length >= 2);
    putClockAhead(60_001);
    const before = scansIn(commands).length;
    await whenNoPageCame();
    expect(scansIn(commands).length - before).toBeLessThanOrEqual(1);

    await waitFor(async () => {
      const found = await Promise.all([ask(), other.streamsOfApi(API, false)]);
      return found.flat().length > 0;
    });
    // Whoever found it has told the other one.
    putClockAhead(65_002);
    await waitFor(async () => (await ask()).includes(STREAM));
    await waitFor(async () => (await other.streamsOfApi(API, false)).includes(STREAM));
    await Promise.all([store.close(), other.close()]);
    const scans = scansIn(commands);
    await whenNoPageCame();
    expect(scansIn(commands)).toHaveLength(scans.length);
    const gaps = scans.slice(1).map(({ time }, i) => time - scans[i]!.time);
    // A page may come late, and the next one then a little sooner after it.
    for (const gap of gaps) expect(gap).toBeGreaterThan(200);
  });

  it('scans for itself where another process has the turn no longer', async () => {
    await ask();
    await raw.set('lightbus:scan', 'another process', 'PX', 4_000);
    await addRaw(STREAM);
    const scans = await countOf('scan');
    await waitFor(async () => (await ask()).includes(STREAM), { timeoutMs: 20_000 });
    expect(await countOf('scan')).toBeLessThanOrEqual(scans + 2);
    expect(await raw.pttl('lightbus:scan')).toBeGreaterThan(10_000);
  });

  describe('announce', () => {
    it('is one SADD for each stream, in one write with the first append and before it', async () => {
      const commands = await recordCommands(redis.client());
      const reads = async () =>
        Number(/total_reads_processed:(\d+)/.exec(await raw.info('stats'))![1]);
      const before = await reads();
      store.announce(API, STREAM);
      await store.append(STREAM, [['n', '0']], APPEND);
      // The one of INFO itself is counted, too.
      expect((await reads()) - before).toBe(2);
      for (let n = 1; n < 50; n++) {
        store.announce(API, STREAM);
        await store.append(STREAM, [['n', String(n)]], APPEND);
      }
      store.announce(API, `${API}.paid:stream`);
      await waitFor(async () => (await raw.scard(ANNOUNCED)) === 2);
      const [first, second] = commands.filter(({ args }) => ['sadd', 'xadd'].includes(args[0]!));
      expect(first?.args).toEqual(['sadd', ANNOUNCED, STREAM]);
      expect(second?.args[0]).toBe('xadd');
      expect(await countOf('sadd')).toBe(2);
    });

    it('does not fail the event where it is refused, and says so once', async () => {
      await raw.set(ANNOUNCED, 'no set');
      for (let n = 0; n < 3; n++) {
        store.announce(API, STREAM);
        await store.append(STREAM, [['n', String(n)]], APPEND);
      }
      expect(await raw.xlen(STREAM)).toBe(3);
      expect(errors).toEqual([expect.stringMatching(/^Redis refuses SADD, .*WRONGTYPE/)]);
    });

    it('is made again on a new connection: what it leads to may have forgotten it', async () => {
      store.announce(API, STREAM);
      await waitFor(() => raw.exists(ANNOUNCED));
      await raw.del(ANNOUNCED);
      await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await waitFor(() => store.session('') === 2);
      store.announce(API, STREAM);
      await waitFor(() => raw.exists(ANNOUNCED));
    });
  });
});
