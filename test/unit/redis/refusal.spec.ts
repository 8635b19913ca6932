import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ReplyError, type Redis } from 'ioredis';
import { runScript } from '../../../lib/redis/script.js';
import {
  describeFailure,
  describeRefusal,
  failsAgain,
  type RefusedReply,
} from '../../../lib/redis/refusal.js';
import { commandOf } from '../../../lib/redis/command.js';
import { transaction } from '../../../lib/redis/transaction.js';
import { DisconnectedError, TransportError } from '../../../lib/errors.js';
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
      '+xread',
    ];
    await redis.client().call('ACL', 'SETUSER', 'few', ...rules);
    client = connectTo(urlForTest(redis.url).replace('//', '//few:pw@'), { protocol: 2 });
  });

  function run(lua: string, keys: string[], commands: string[]): Promise<unknown> {
    const sha = createHash('sha1').update(lua).digest('hex');
    return runScript(client, { name: 'ours', lua, sha, commands }, keys, ['secret']);
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
    ['a key', (c) => c.xlen('theirs'), /access (one of the keys|a key).* \(XLEN theirs\)/],
    [
      "a read's keys",
      (c) => c.xread('COUNT', 1, 'STREAMS', 'ours:a', 'theirs', '0', '0'),
      /access (one of the keys|a key).* \(XREAD ours:a, theirs\)/,
    ],
    [
      "a script's key",
      () => run("return redis.call('XLEN', KEYS[1])", ['theirs'], ['xlen']),
      /access (one of the keys|a key).* \(keys: theirs\)/,
    ],
    [
      "the first of a script's many keys",
      () => run('return 1', ['1', '2', '3', '4', '5', '6', '7'], []),
      /\(keys: 1, 2, 3, 4, 5 and 2 more\)/,
    ],
    [
      'a key that a script has made up',
      () => run("return redis.call('XLEN', 'theirs')", ['ours:a'], ['xlen']),
      /in the script 'ours' \(keys: ours:a\): .*ermissions to access (one of its keys|a key)\. See /,
    ],
    [
      'a command within a script',
      () => run("redis.call('XADD', KEYS[1], '*', 'f', 'v')", ['ours:a'], ['xadd']),
      /in the script 'ours' \(keys: ours:a\): .*no permissions to run .*xadd/i,
    ],
    [
      'a subcommand within a script',
      () => run("redis.call('XINFO', 'GROUPS', KEYS[1])", ['ours:a'], ['xinfo|groups']),
      /in the script 'ours' \(keys: ours:a\): .*no permissions to run .*xinfo.groups/i,
    ],
    [
      'a command that a script fails with',
      () => run("return redis.pcall('XINFO', 'GROUPS', KEYS[1])", ['ours:a'], ['xinfo|groups']),
      /in the script 'ours' \(keys: ours:a\): .*no permissions to run .*xinfo.groups/i,
    ],
    [
      'a command within a script without a name',
      (c) => c.eval("redis.call('XADD', 'ours:a', '*', 'f', 'v')", 0),
      /^NOPERM in a script: .*no permissions to run [^:]*\. See /,
    ],
    [
      'a command within a transaction',
      (c) =>
        transaction(c, [
          commandOf('xlen', ['ours:a']),
          commandOf('xadd', ['ours:a', '*', 'f', 'secret']),
        ]),
      /'xadd'/,
    ],
  ])('names %s that an ACL forbids', async (_, send, expected) => {
    const told = await refusalOf(send(client));
    expect(told).toMatch(/^NOPERM /);
    expect(told).toMatch(expected);
    expect(told).toContain("'Least privilege'");
    expect(told).not.toContain('secret');
  });

  it('tells the same of the same refusal, wherever in a script it was', async () => {
    const refused = "redis.call('XADD', KEYS[1], '*', 'f', 'v')";
    const [first, second] = await Promise.all(
      [refused, `\n\n${refused}`].map((lua) => refusalOf(run(lua, ['ours:a'], ['xadd']))),
    );
    expect(second).toBe(first);
  });

  it('leaves every other error as it is', async () => {
    expect(await refusalOf(client.eval("return redis.error_reply('OOM no memory')", 0))).toBe(
      'OOM no memory',
    );
  });
});

const Reply = ReplyError as new (message: string) => Error;
const refusal = (message: string) => new Reply(message);
/** Where EXEC itself meets it. */
const discarded = (message: string) =>
  refusal(`EXECABORT Transaction discarded because of: ${message}`);

describe('failsAgain', () => {
  it.each([
    'BUSY Redis is busy running a script.',
    'CLUSTERDOWN The cluster is down',
    'LOADING Redis is loading the dataset in memory',
    'MASTERDOWN Link with MASTER is down',
    'MISCONF Errors writing to the AOF file: No space left on device',
    'NOREPLICAS Not enough good replicas to write.',
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'ERR Script killed by user with SCRIPT KILL... script: 6b48f8, on @user_script:1.',
  ])('is not said of a state that may pass: %s', (message) => {
    expect(failsAgain(refusal(message))).toBe(false);
    expect(failsAgain(new TransportError(message))).toBe(false);
    expect(failsAgain(discarded(message))).toBe(false);
  });

  it.each([
    "NOPERM User u has no permissions to run the 'xadd' command",
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    'NOAUTH Authentication required.',
    'BUSYGROUP Consumer Group name already exists',
    "ERR wrong number of arguments for 'xadd' command",
    "ERR The user executing the script can't run this command or subcommand",
    'ERR OOM is not the code of this one',
  ])('is said of what was sent: %s', (message) => {
    expect(failsAgain(refusal(message))).toBe(true);
    expect(failsAgain(discarded(message))).toBe(true);
  });

  it('is said of what is too large to be sent, and not of a lost connection or anything else', () => {
    expect(failsAgain(new TransportError('Not sent: Invalid string length'))).toBe(true);
    expect(failsAgain(new DisconnectedError('NOAUTH was the last error'))).toBe(false);
    expect(failsAgain(new Error('time is up'))).toBe(false);
    expect(failsAgain(undefined)).toBe(false);
  });
});

describe('describeFailure', () => {
  const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:1`));

  it.each<[Error, string]>([
    [new Error('read ECONNRESET'), 'read ECONNRESET'],
    [
      // Of a host with several addresses: Node says nothing else.
      new AggregateError(refused),
      'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
    ],
    [new AggregateError([]), 'AggregateError'],
    [new TypeError(''), 'TypeError'],
  ])('of %p is %j', (error, words) => {
    expect(describeFailure(error, 0)).toBe(words);
  });
});
