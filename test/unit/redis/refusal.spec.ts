import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ReplyError, type Redis } from 'ioredis';
import { runScript } from '../../../lib/redis/script.js';
import { describeRefusal, type RefusedReply } from '../../../lib/redis/refusal.js';
import { connectTo } from '../../support/redis-clients.js';
import { startRedis } from '../../support/redis-server.js';
import { urlForTest } from '../../support/acl.js';

describe('describeRefusal', () => {
  let client: Redis;

  beforeAll(async () => {
    const redis = await startRedis();
    const rules = [
      'reset',
      'on',
      '>pw',
      '~ours:*',
      '+eval',
      '+evalsha',
      '+multi',
      '+exec',
      '+xlen',
      '+info',
    ];
    await redis.client().call('ACL', 'SETUSER', 'few', ...rules);
    client = connectTo(urlForTest(redis.url).replace('//', '//few:pw@'), { protocol: 2 });
  });

  function run(lua: string, key: string, commands: string[]): Promise<unknown> {
    const sha = createHash('sha1').update(lua).digest('hex');
    return runScript(client, { name: 'ours', lua, sha, commands }, [key], ['secret']);
  }

  async function refusalOf(reply: Promise<unknown>): Promise<string> {
    const error = await reply.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ReplyError);
    return describeRefusal(error as RefusedReply);
  }

  it.each<[string, (client: Redis) => Promise<unknown>, RegExp]>([
    ['a command', (c) => c.xadd('ours:a', '*', 'f', 'secret'), /'xadd'.* \(XADD ours:a\)\. See /],
    [
      'a subcommand',
      (c) => c.xgroup('DESTROY', 'ours:a', 'g'),
      /xgroup.*\(XGROUP DESTROY ours:a\)/,
    ],
    ['a key', (c) => c.xlen('theirs'), /one of the keys.* \(XLEN theirs\)/],
    [
      "a script's key",
      () => run("return redis.call('XLEN', KEYS[1])", 'theirs', ['xlen']),
      /one of the keys.* \(keys: theirs\)/,
    ],
    [
      'a command within a script',
      () => run("redis.call('XADD', KEYS[1], '*', 'f', 'v')", 'ours:a', ['xadd', 'xlen']),
      /script 'ours', which needs XADD, XLEN \(keys: ours:a\).*no permissions to run/,
    ],
    [
      'a subcommand within a script',
      () => run("return redis.pcall('XINFO', 'GROUPS', KEYS[1])", 'ours:a', ['xinfo|groups']),
      /needs XINFO GROUPS \(keys: ours:a\)/,
    ],
    [
      'a command within a transaction',
      (c) =>
        c
          .multi([
            ['xlen', 'ours:a'],
            ['xadd', 'ours:a', '*', 'f', 'v'],
          ])
          .exec(),
      /'xadd'/,
    ],
  ])('names %s that an ACL forbids', async (_, send, expected) => {
    const told = await refusalOf(send(client));
    expect(told).toMatch(/^NOPERM /);
    expect(told).toMatch(expected);
    expect(told).toContain("'Least privilege'");
    expect(told).not.toContain('secret');
  });

  it('names the keys of a script that uses another one, which an ACL protects', async () => {
    const told = await refusalOf(run("return redis.call('XLEN', 'theirs')", 'ours:a', ['xlen']));
    expect(told).toMatch(/^NOPERM in the script 'ours', which needs XLEN.*access one of its keys/);
  });

  it('leaves every other error as it is', async () => {
    expect(await refusalOf(client.eval("return redis.error_reply('OOM no memory')", 0))).toBe(
      'OOM no memory',
    );
  });
});
