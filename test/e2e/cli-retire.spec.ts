import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { groupKey, processKey } from '../../lib/store/redis/keys.js';
import { deadLetterStream } from '../../lib/store/dead-letter.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { configFor, lightbus } from './cli-process.js';
import {
  closeApplications,
  newCountedApi,
  recorderOf,
  start,
  type CountedApi,
} from './counting.js';
import { HAS_TERMINAL, lightbusOnTerminal } from './terminal.js';

describe('lightbus retire', () => {
  let raw: Redis;
  let url: string;
  let config: string;
  let service: string;
  let counted: CountedApi;

  beforeEach(async () => {
    const redis = await sharedRedis();
    ({ url } = redis);
    raw = redis.client();
    config = configFor(url);
    service = uniqueName('service');
    counted = newCountedApi('retire');
  });
  afterEach(closeApplications);

  const ref = () => ({ stream: counted.stream, group: `${service}-recorder` });
  const args = (...more: string[]) => [
    ...['retire', 'recorder', '--service-name', service, '--config', config],
    ...more,
  ];
  const groups = async () => {
    const found = (await raw.xinfo('GROUPS', counted.stream)) as string[][];
    return found.map(([, name]) => name);
  };

  /** A worker that has given up one event, failed with another one, and was not given a third. */
  async function work() {
    const Recorder = recorderOf(counted, { onError: 'dead_letter', maxAttempts: 1 });
    const parts = { url, service, events: [counted.Counted], providers: [Recorder] };
    const application = await start({ ...parts, redis: { batch_size: 1 } });
    const recorder = application.app.get(Recorder);
    recorder.handle = (n) => {
      if (n === 1) throw new Error('no 1');
    };
    for (const n of [1, 2]) await application.bus.fire(counted.Counted, { n });
    await waitFor(() => recorder.seen.length === 1);
    return application;
  }

  it('shows what would be left, refuses while a worker lives, asks, and removes what is left', async () => {
    const application = await work();
    const living = await lightbus(args('--yes'));
    expect(living.code).toBe(1);
    expect(living.stderr).toMatch(
      new RegExp(
        `error: '${ref().group}' is in use by 'w1' \\(process ${process.pid} on .*Nothing`,
      ),
    );
    expect(await groups()).toEqual([ref().group]);
    await application.close();

    const bus = await start({ url, service, events: [counted.Counted], options: { features: [] } });
    for (const n of [3, 4]) await bus.bus.fire(counted.Counted, { n });
    const unasked = await lightbus(args());
    expect(unasked).toMatchObject({
      code: 2,
      stdout: [
        `${counted.stream} on ${url}`,
        '  undelivered   2',
        '  pending       0',
        '  dead letters  1, kept: --with-dead-letters removes them',
        ...['', ''],
      ].join('\n'),
    });
    expect(unasked.stderr).toContain(
      `Retire '${ref().group}' on 1 stream? It leaves 2 events unhandled, which stay in the streams.`,
    );
    if (HAS_TERMINAL) {
      const denied = await lightbusOnTerminal(args(), 80, {}, '\r');
      expect(denied.stdout).toMatch(/\[y\/N\] [^]*Nothing was done\./);
      expect(await groups()).toEqual([ref().group]);
    }
    const elsewhere = await lightbus(args('--yes', '--api', 'another.*'));
    expect(elsewhere).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing of') });
    const done = await lightbus(args('--yes', '--api', counted.api));
    expect(done.stdout).toContain(`\n${counted.stream}: retired, 1 dead letter kept\n`);
    expect(await groups()).toEqual([]);
    expect(await raw.exists(groupKey(ref()))).toBe(0);
    expect(await raw.xlen(counted.stream)).toBe(4);

    const again = await lightbus(args('--yes'));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Only dead letters') });
    const letters = await lightbus(args('--yes', '--with-dead-letters'));
    expect(letters.stdout).toContain(`\n${counted.stream}: no group, 1 dead letter removed\n`);
    expect(await raw.exists(deadLetterStream(ref()))).toBe(0);
    const none = await lightbus(args('--yes'));
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('There is nothing of') });
  }, 60_000);

  it('removes consumers that hold nothing and that nobody uses, and no others', async () => {
    const { stream, group } = ref();
    await raw.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
    await raw.xadd(stream, '*', 'id', 'x');
    for (const name of ['gone', 'ended', 'living', 'holding', 'python'])
      await raw.xgroup('CREATECONSUMER', stream, group, name);
    await raw.xreadgroup('GROUP', group, 'holding', 'STREAMS', stream, '>');
    for (const name of ['gone', 'ended', 'living', 'holding'])
      await raw.hset(groupKey(ref()), `consumer:${name}`, 1);
    for (const name of ['gone', 'living'])
      await raw.hset(groupKey(ref()), `holder:${name}`, `${group}-${name} {"host":"h","pid":1}`);
    await raw.set(processKey(`${group}-living`), '{}', 'EX', 600);

    const { code, stdout } = await lightbus(args('--consumers', '--yes'));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `ended on ${stream}\ngone on ${stream}\n\nremoved: 2\n`,
    });
    const left = (await raw.xinfo('CONSUMERS', stream, group)) as string[][];
    expect(left.map(([, name]) => name)).toEqual(['holding', 'living', 'python']);
    expect(await lightbus(args('--consumers'))).toMatchObject({
      code: 0,
      stdout: 'Each of its consumers holds an event, or is used by a process.\n',
    });
  }, 40_000);
});
