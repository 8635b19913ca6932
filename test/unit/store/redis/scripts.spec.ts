import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RedisStore } from '../../../../lib/store/redis/redis.store.js';
import { SCRIPTS } from '../../../../lib/store/redis/scripts.generated.js';
import { owned } from '../../../support/owned.js';
import { sharedRedis, startRedis } from '../../../support/redis-server.js';

describe('the scripts', () => {
  it.each(SCRIPTS.map((script) => [script.name, script] as const))(
    '%s: is what Redis takes and knows by our SHA',
    async (_, { lua, sha }) => {
      const client = (await sharedRedis()).client();
      expect(await client.script('LOAD', lua)).toBe(sha);
    },
  );
});

describe('a session of the store', () => {
  const holder = { token: 'us', host: 'here', pid: 1, since: 'now' };
  const ref = { stream: 'api.*:stream', group: 'svc-default', consumer: 'me', holder };
  const fields = (id: string) => ['id', id, 'event_name', 'counted', ':n', '1'];

  async function turn(store: RedisStore, id: string): Promise<void> {
    const once = { maxLength: null, timeoutMs: 5_000, onceWithinMs: 60_000 };
    const [{ nativeId } = { nativeId: '' }] = await store.appendOnce(
      ref.stream,
      [fields(id)],
      once,
    );
    await store.openGroup(ref, { since: '0' });
    await store.readNew(ref, 10);
    await store.keepAlive(ref, [nativeId]);
    expect(await store.acknowledge(ref, [nativeId])).toEqual([]);
  }

  it('sends no text of a script once it is connected, and one each after a SCRIPT FLUSH', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const log = () => undefined;
    const store = new RedisStore({ url: redis.url, logger: { log, warn: log, error: log } });
    owned().onEnd(() => store.close());
    await store.connect(5_000);
    await turn(store, 'id-1');
    expect(await evals()).toBe(0);
    await raw.script('FLUSH');
    await turn(store, 'id-2');
    await turn(store, 'id-3');
    expect(await evals()).toBe(4);

    async function evals(): Promise<number> {
      const stats = await raw.info('commandstats');
      return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    }
  });
});

describe('build.mjs', () => {
  const HEAD = '-- Adds.\n--\n-- KEYS: key\n-- ARGV: number\n-- Reply: the sum\n';
  let folder: string;

  beforeEach(() => {
    const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-lua-'));
    owned().addDirectory(dir);
    folder = join(dir, 'lua');
    mkdirSync(join(folder, 'includes'), { recursive: true });
  });

  function build(files: Record<string, string>, ...options: string[]) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const script = 'lib/store/redis/lua/build.mjs';
    const { status, stderr } = spawnSync(process.execPath, [script, ...options, folder], {
      encoding: 'utf8',
    });
    return { status, stderr };
  }
  const built = () => readFileSync(join(dirname(folder), 'scripts.generated.ts'), 'utf8');

  it('takes in each file once, leaves out comments, and finds the commands', () => {
    const result = build({
      'add-one.lua': `${HEAD}--- @include "b"\n--- @include "a"\n\nreturn '--\`\${1}\\n' -- said\n`,
      'includes/a.lua': "--[[ long\n]]\nredis.call('XINFO', 'GROUPS', 'x')\n",
      'includes/b.lua': `--- @include "a"\nredis.pcall("GET", 'a')\n`.replaceAll('"GET"', "'GET'"),
    });
    expect(result).toEqual({ status: 0, stderr: '' });
    expect(built()).toContain('export const ADD_ONE: Script = {');
    expect(built()).toContain("commands: ['get', 'xinfo|groups'],");
    expect(built()).toContain(
      "lua: `redis.call('XINFO', 'GROUPS', 'x')\nredis.pcall('GET', 'a')\nreturn '--\\`\\${1}\\\\n'`,",
    );
    expect(build({}, '--check').status).toBe(0);
  });

  it.each([
    ['a head without a reply', '-- Adds.\n-- KEYS: key\n-- ARGV: number\n', /add\.lua.*'Reply:'/],
    ['an unknown include', `${HEAD}--- @include "no"\n`, /includes 'no'/],
    ['a name of an include that is missing', `${HEAD}return newer(1, 2)\n`, /'newer' is declared/],
    ['a command that is not named', `${HEAD}redis.call(unpack(ARGV))\n`, /@commands/],
  ])('refuses %s', (_, text, expected) => {
    expect(build({ 'add.lua': text })).toEqual({
      status: 1,
      stderr: expect.stringMatching(expected),
    });
  });

  it('takes the commands from the head where a table is called', () => {
    build({ 'add.lua': `${HEAD}-- @commands xadd\nredis.call(unpack(ARGV))\n` });
    expect(built()).toContain("commands: ['xadd'],");
    expect(built()).not.toContain('@commands');
  });

  it('fails with --check where the module is not current', () => {
    build({ 'add.lua': `${HEAD}return 1\n` });
    const result = build({ 'add.lua': `${HEAD}return 2\n` }, '--check');
    expect(result).toEqual({ status: 1, stderr: expect.stringContaining('is not current') });
    expect(built()).toContain('return 1');
  });
});
