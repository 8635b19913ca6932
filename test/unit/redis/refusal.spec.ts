import { beforeAll, describe, expect, it } from '@jest/globals';
import { ReplyError, type Redis } from 'ioredis';
import { describeRefusal, type RefusedReply } from '../../../lib/redis/refusal.js';
import { connectTo } from '../../support/redis-clients.js';
import { startRedis } from '../../support/redis-server.js';
import { urlForTest } from '../../support/acl.js';

describe('describeRefusal', () => {
  let client: Redis;

  beforeAll(async () => {
    const redis = await startRedis();
    const rules = ['reset', 'on', '>pw', '~ours:*', '+eval', '+multi', '+exec', '+xlen', '+info'];
    await redis.client().call('ACL', 'SETUSER', 'few', ...rules);
    client = connectTo(urlForTest(redis.url).replace('//', '//few:pw@'), { protocol: 2 });
  });

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
      (c) => c.eval("return redis.call('XLEN', KEYS[1])", 1, 'theirs', 'argument'),
      /one of the keys.* \(keys: theirs\)/,
    ],
    [
      'a command within a script',
      (c) => c.eval("\nlocal x = 1\nredis.call('XADD', KEYS[1], '*', 'f', 'v')", 1, 'ours:a'),
      /NOPERM.*xadd.*no permissions to run/i,
    ],
    [
      'a subcommand within a script',
      (c) => c.eval("return redis.pcall('XINFO', 'GROUPS', KEYS[1])", 1, 'ours:a'),
      /xinfo.groups/i,
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

  it('names the key within a script that an ACL protects', async () => {
    const told = await refusalOf(client.eval("return redis.call('XLEN', 'theirs')", 0));
    expect(told).toMatch(/^NOPERM XLEN in a script.*access one of its keys/);
  });

  it('leaves every other error as it is', async () => {
    expect(await refusalOf(client.eval("return redis.error_reply('OOM no memory')", 0))).toBe(
      'OOM no memory',
    );
  });
});
