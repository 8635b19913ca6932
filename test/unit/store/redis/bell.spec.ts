import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ConnectionLog } from '../../../../lib/redis/connection-log.js';
import type { StreamNews } from '../../../../lib/store/event-store.js';
import { Bell, type LastNews } from '../../../../lib/store/redis/bell.js';
import { bellKey } from '../../../../lib/store/redis/keys.js';
import { urlForTest } from '../../../support/acl.js';
import { recordCommands, type MonitoredCommand } from '../../../support/monitor.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';
import { waitFor } from '../../../support/wait-for.js';

describe('Bell', () => {
  let redis: RedisServer;
  let raw: Redis;
  let bell: Bell;
  let lines: string[];
  let commands: MonitoredCommand[];
  let polls: string[];
  /** What a look finds that Redis has not told. */
  let untold: Map<string, Partial<LastNews> | Error>;

  beforeAll(async () => {
    redis = await startRedis();
    raw = redis.client();
    commands = await recordCommands(redis.client());
  });
  beforeEach(() => {
    [lines, polls] = [[], []];
    untold = new Map();
    bell = newBell(redis.url);
  });
  afterEach(() => bell.close());

  function newBell(url: string): Bell {
    const record = (message: unknown) => void lines.push(String(message));
    return new Bell(
      { url, maxReconnectDelayMs: 50 },
      new ConnectionLog('this Redis', { log: record, warn: record, error: record }),
      { error: record },
      async (stream) => {
        polls.push(stream);
        const [newest] = await raw.xrevrange(stream, '+', '-', 'COUNT', 1);
        const handedBack = await raw.get(bellKey(stream));
        const more = untold.get(stream);
        if (more instanceof Error) throw more;
        return { appended: newest?.[0] ?? null, handed_back: handedBack, ...more };
      },
    );
  }

  const newStream = () => `${uniqueName('bell')}.*:stream`;
  const append = (stream: string) => raw.xadd(stream, '*', 'a', 'b');

  /** What a stream has told since the last call of `clear`. */
  function listen(stream: string, to = bell) {
    const heard: (StreamNews | 'sent')[] = [];
    const stop = to.listen(stream, (news) => heard.push(news));
    const told = (news: StreamNews = 'appended') =>
      waitFor(() => heard.includes(news), { message: `'${news}' of ${stream}` });
    const clear = () => (heard.length = 0);
    return { heard, stop, told, clear };
  }

  /** Listens, and waits until all that a bell tells when it begins to hear has been told. */
  async function hear(stream: string) {
    const ear = listen(stream);
    await ear.told();
    ear.clear();
    return ear;
  }

  /** What Redis had to tell before has been told: it tells of this stream after that. */
  async function settle(mark: ReturnType<typeof listen>, stream: string): Promise<void> {
    mark.clear();
    await append(stream);
    await mark.told();
  }

  async function connection(): Promise<Map<string, string>> {
    const list = String(await raw.client('LIST'));
    const line = list.split('\n').find((one) => one.includes('name=nestjs-lightbus-bell')) ?? '';
    return new Map(line.split(' ').map((pair) => pair.split('=') as [string, string]));
  }

  it('rings for what anybody appends, by whatever command, and not for reads or acknowledgements', async () => {
    const stream = newStream();
    await raw.xgroup('CREATE', stream, 'g', '$', 'MKSTREAM');
    const marked = newStream();
    const mark = await hear(marked);
    const { heard, told, clear } = await hear(stream);
    await append(stream);
    await told();
    clear();
    await raw.multi().xadd(stream, '*', 'a', 'b').xadd(stream, '*', 'a', 'b').exec();
    await told();
    clear();
    await raw.eval("return redis.call('XADD', KEYS[1], '*', 'a', 'b')", 1, stream);
    await told();
    await settle(mark, marked);
    clear();

    const read = await raw.xreadgroup('GROUP', 'g', 'w', 'COUNT', 9, 'STREAMS', stream, '>');
    const ids = read![0]![1].map(([id]) => id);
    await raw.xclaim(stream, 'g', 'v', 0, ids[0]!);
    await raw.xack(stream, 'g', ...ids);
    await raw.xrange(stream, '-', '+');
    await settle(mark, marked);
    expect(heard).toEqual([]);
  });

  it('rings for streams that are listened to later, each by its own name', async () => {
    const streams = Array.from({ length: 20 }, newStream);
    const ears = [];
    for (const stream of streams) ears.push(await hear(stream));

    await append(streams[7]!);
    await settle(ears[19]!, streams[19]!);

    for (const [i, { heard }] of ears.entries()) {
      expect(heard).toEqual([7, 19].includes(i) ? ['appended'] : []);
    }
    expect(lines).toEqual([]);
    expect((await connection()).get('name')).toBe('nestjs-lightbus-bell');
  });

  it('gives Redis few prefixes where streams are many, and keeps the streams apart all the same', async () => {
    const api = uniqueName('bell');
    const streams = Array.from({ length: 40 }, (_, i) => `${api}.event_${i}:stream`);
    const ears = streams.map((stream) => listen(stream));
    commands.length = 0;
    for (const { told, clear } of ears) {
      await told();
      clear();
    }
    await append(`${api}.of_no_interest:stream`);
    await append(streams[7]!);
    await settle(ears[39]!, streams[39]!);
    for (const [i, { heard }] of ears.entries()) {
      expect(heard).toEqual([7, 39].includes(i) ? ['appended'] : []);
    }
    const asked = await waitFor(() => commands.find(({ args }) => args.includes('BCAST')));
    expect(asked.args.filter((arg) => arg === 'PREFIX').length).toBeLessThanOrEqual(17);
  });

  it('asks once for all streams of the same turn', async () => {
    commands.length = 0;
    const ears = Array.from({ length: 30 }, () => listen(newStream()));
    for (const { told } of ears) await told();
    const tracking = commands.filter(
      ({ args }) =>
        args[0] === 'client' && /tracking/i.test(args[1] ?? '') && /^on$/i.test(args[2]!),
    );
    expect(tracking).toHaveLength(1);
  });

  it.each([false, true])(
    'keeps names apart that begin with each other (the longer one first: %s)',
    async (reverse) => {
      const stream = newStream();
      const names = [stream, `${stream}:more`, `${stream}:more:and:more`];
      const ears = new Map<string, ReturnType<typeof listen>>();
      for (const name of reverse ? names.toReversed() : names) ears.set(name, await hear(name));
      for (const name of names) {
        for (const { clear } of ears.values()) clear();
        const ear = ears.get(name)!;
        await append(name);
        await ear.told();
        for (const [other, { heard }] of ears) if (other !== name) expect(heard).toEqual([]);
      }
      expect(lines).toEqual([]);
    },
  );

  it('rings when entries were handed back', async () => {
    const stream = newStream();
    const { heard, told } = await hear(stream);
    await raw.set(bellKey(stream), 1);
    await told('handed_back');
    expect(heard).toEqual(['handed_back']);
  });

  it('rings for nothing where others begin to listen and nothing has come, however many they are', async () => {
    const streams = Array.from({ length: 10 }, newStream);
    for (const stream of streams)
      await raw.multi().xadd(stream, '*', 'a', 'b').set(bellKey(stream), 1).exec();
    const ears = [];
    const counts = [];
    for (const stream of streams) {
      const ear = listen(stream);
      await ear.told('handed_back');
      ears.push(ear);
      counts.push(polls.splice(0).length);
    }
    for (const { heard } of ears) expect(heard).toEqual(['appended', 'handed_back']);
    // One look at each stream, each time.
    expect(counts).toEqual(ears.map((_, i) => i + 1));
  });

  it.each([
    [{ appended: '9-9' }, 'appended'],
    [{ handed_back: '7' }, 'handed_back'],
  ] as const)(
    'rings for what came while Redis was told of another stream: %j',
    async (missed, news) => {
      const stream = newStream();
      const { heard, told } = await hear(stream);
      untold.set(stream, missed);
      await hear(newStream());
      await told(news);
      expect(heard).toEqual([news]);
      await hear(newStream());
      expect(heard).toEqual([news]);
    },
  );

  it('rings for all that may have come where it can not look', async () => {
    const stream = newStream();
    const { told } = await hear(stream);
    untold.set(stream, new Error('no connection'));
    await hear(newStream());
    await told('appended');
    await told('handed_back');
  });

  it.each(['FLUSHALL', 'FLUSHDB'])('rings for everything after a %s', async (flush) => {
    const ears = [await hear(newStream()), await hear(newStream())];
    await raw.call(flush);
    for (const { told } of ears) {
      await told('appended');
      await told('handed_back');
    }
  });

  it('rings for what was handed back while its connection was lost', async () => {
    const stream = newStream();
    await raw.set(bellKey(stream), 1);
    const { told, clear } = listen(stream);
    await told('handed_back');
    clear();
    const id = (await connection()).get('id')!;
    await raw.multi().client('KILL', 'ID', Number(id)).set(bellKey(stream), 2).exec();
    await told('handed_back');
  });

  it('rings for what may have been handed back over a connection that was lost, also where the count is the same', async () => {
    const stream = newStream();
    await raw.set(bellKey(stream), 1);
    const ear = listen(stream);
    await ear.told('handed_back');
    ear.clear();
    await raw.client('KILL', 'ID', Number((await connection()).get('id')));
    await ear.told('handed_back');
  });

  it('rings for everything once it hears again, when its connection was lost', async () => {
    const stream = newStream();
    const { told, clear } = await hear(stream);
    await raw.client('KILL', 'ID', Number((await connection()).get('id')));
    await told();
    clear();
    await append(stream);
    await told();
    expect(lines).toEqual([
      expect.stringMatching(/^Redis at .* has closed a connection in which nothing was under way/),
    ]);
  });

  it('costs a few bytes for an entry of a megabyte', async () => {
    // Nobody else is connected who would be told.
    const quiet = await startRedis();
    const client = quiet.client();
    const [stream, own] = [newStream(), newBell(quiet.url)];
    const { told, clear } = listen(stream, own);
    await told();
    clear();
    const sent = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))![1]);
    await sent();
    const [first, second] = [await sent(), await sent()];
    await client.xadd(stream, '*', 'large', 'x'.repeat(1_000_000));
    await told();
    // But for what the question itself costs.
    expect((await sent()) - second - (second - first)).toBeLessThan(1_000);
    await own.close();
  });

  it('asks again where Redis was only busy when it was asked to tell', async () => {
    const [stream, other] = [newStream(), newStream()];
    const first = listen(stream);
    await append(stream);
    await first.told();
    await raw.config('SET', 'busy-reply-threshold', '10');
    const endless = redis.client().eval('while true do end', 0);
    endless.catch(() => undefined);
    const isBusy = () =>
      raw.ping().then(
        () => false,
        () => true,
      );
    await waitFor(isBusy);
    const ear = listen(other);
    // By the second answer, it has been refused.
    await isBusy();
    await isBusy();
    await raw.script('KILL');
    await expect(endless).rejects.toThrow(/killed/i);
    const isAsked = () =>
      commands.some(({ args }) => args.includes('BCAST') && args.includes(other));
    await waitFor(isAsked);
    ear.clear();
    await append(other);
    await ear.told();
    expect(lines).toEqual([]);
  });

  it('tells nobody any more once it is closed, and leaves no connection', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout');
    const before = timers().length;
    const stream = newStream();
    const { heard } = await hear(stream);
    await bell.close();
    await append(stream);
    const late = listen(stream);
    await waitFor(async () => (await connection()).size <= 1);
    expect([...heard, ...late.heard]).toEqual([]);
    expect(lines).toEqual([]);
    await waitFor(() => timers().length <= before);
  });

  describe.each(['-client', '-client|tracking', '-subscribe'])(
    'where Redis forbids it (%s)',
    (rule) => {
      let deaf: Bell;

      beforeEach(async () => {
        const rules = ['on', '>secret', 'allkeys', 'allchannels', 'allcommands', rule];
        await raw.acl('SETUSER', 'deaf', 'reset', ...rules);
        deaf = newBell(urlForTest(redis.url).replace('//', '//deaf:secret@'));
      });
      afterEach(() => deaf.close());

      it('looks for new entries instead, and says so once', async () => {
        const [stream, other] = [newStream(), newStream()];
        const ears = [listen(stream, deaf), listen(other, deaf)];
        for (const { told, clear } of ears) {
          await told();
          clear();
        }
        for (let n = 0; n < 3; n++) {
          await append(stream);
          await ears[0]!.told();
          ears[0]!.clear();
        }
        expect(ears[1]!.heard).toEqual([]);
        expect(new Set(polls)).toEqual(new Set([stream, other]));
        expect(lines).toEqual([
          expect.stringMatching(
            rule === '-client'
              ? /^Redis at this Redis refuses CLIENT: NOPERM.* look for new events twice a second\.$/
              : /^Redis at this Redis refuses to tell of new events: NOPERM.* every 500 ms instead\.$/,
          ),
        ]);
      });
    },
  );
});
