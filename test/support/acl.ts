/** One reason why the module needs rights on Redis. */
export interface AclGroup {
  readonly purpose: string;
  /** `command`, or `command|subcommand`. */
  readonly commands: readonly string[];
  /** Whether only an operator's commands need it: applications are not given it. @default false */
  readonly isForOperators?: boolean;
}

/**
 * Every command that the module sends, those within its scripts and those that ioredis sends by
 * itself included. The section 'Least privilege' of docs/redis.md is made from this, and the whole suite
 * passes under it: `npm run test:acl`.
 */
export const ACL_GROUPS: readonly AclGroup[] = [
  { purpose: 'connecting', commands: ['info', 'select', 'client|setname'] },
  {
    purpose:
      'ending a connection whose commands may come late: the own one before, after a silent network, ' +
      'and that of a process whose name is taken over',
    commands: ['client|info', 'client|kill'],
  },
  { purpose: 'firing, and publishing schemas', commands: ['xadd', 'multi', 'exec', 'sadd'] },
  { purpose: "Redis's time in the ids of events; may be left out", commands: ['time'] },
  { purpose: 'scripts', commands: ['evalsha', 'eval'] },
  {
    purpose: 'loading scripts when connecting; may be left out',
    commands: ['script|load'],
  },
  {
    purpose: 'consumer groups',
    commands: [
      'xgroup|create',
      'xgroup|createconsumer',
      'xgroup|delconsumer',
      'xinfo|stream',
      'xinfo|groups',
      'xinfo|consumers',
    ],
  },
  { purpose: 'handling', commands: ['xreadgroup', 'xpending', 'xclaim', 'xack'] },
  {
    purpose:
      "the state of a group: what is done, attempts, who holds a process's name; and who has published which schema",
    commands: ['hget', 'hmget', 'hset', 'hdel', 'hexists', 'hincrby', 'del'],
  },
  {
    purpose: 'hearing of new events at once, instead of looking twice a second',
    commands: ['client|tracking', 'client|id', 'subscribe', 'unsubscribe', 'ping'],
  },
  {
    purpose: 'history, and firing again under the id of an error',
    commands: ['xrange', 'xrevrange'],
  },
  {
    purpose:
      'events of one entity, and expected versions, beside what history and the state of a group need',
    commands: ['unlink'],
  },
  { purpose: 'finding streams', commands: ['scan', 'type'] },
  {
    purpose: 'signs of life, schemas, and other marks that expire',
    commands: ['exists', 'set', 'pexpire'],
  },
  { purpose: 'dead letters', commands: ['xdel', 'xlen'] },
  {
    purpose: 'looking at listeners: `lightbus status`, health, the page',
    commands: ['hgetall', 'pttl'],
  },
  {
    purpose: "`lightbus retire`, with an operator's own user: not in the line above",
    commands: ['xgroup|destroy', 'hkeys'],
    isForOperators: true,
  },
  {
    purpose: 'finding new streams, reading schemas, knowing what was fired under an id',
    commands: ['smembers', 'get', 'strlen'],
  },
  { purpose: '`min_replicas`; may be left out', commands: ['wait'] },
  {
    purpose: 'saying how safe events are at the start; may be left out',
    commands: ['config|get', 'cluster|info'],
  },
  { purpose: 'sizes in `lightbus inspect`; may be left out', commands: ['memory|usage'] },
];

/** The keys: streams, what the module adds, and schemas. */
export const ACL_KEYS = ['*:stream', 'lightbus:*', 'schemas', 'schema:*'] as const;

/** The channel on which Redis tells which streams have changed. */
export const ACL_CHANNEL = '__redis__:invalidate';

/** Name of the ACL user in tests and in the README. */
export const ACL_USER = 'lightbus';

const PASSWORD = 'least-privilege';

/** Arguments of `ACL SETUSER`, and of redis-server's setting `user`. @param isOperator for commands of operators, too. */
export function aclRules(password = PASSWORD, isOperator = false): string[] {
  const groups = ACL_GROUPS.filter(({ isForOperators }) => isOperator || !isForOperators);
  const commands = groups.flatMap((group) => group.commands);
  return [
    ACL_USER,
    'reset',
    'on',
    `>${password}`,
    ...ACL_KEYS.map((pattern) => `~${pattern}`),
    `&${ACL_CHANNEL}`,
    ...[...new Set(commands)].map((command) => `+${command}`),
  ];
}

/** Whether this run has applications under the least-privilege user: `LIGHTBUS_TEST_ACL=1`. */
export function isUnderAcl(): boolean {
  return process.env.LIGHTBUS_TEST_ACL === '1';
}

/** The URL for the application under test: the least-privilege user's, where the run is under it. */
export function urlForApplication(url: string): string {
  return isUnderAcl() ? url.replace('redis://', `redis://${ACL_USER}:${PASSWORD}@`) : url;
}

/** The URL for the test itself, whose raw clients flush, kill and look at everything. */
export function urlForTest(url: string): string {
  return url.replace(`${ACL_USER}:${PASSWORD}@`, '');
}

/** Settings that give a `redis-server` the user at each start. */
export function aclServerArgs(): string[] {
  return isUnderAcl() ? ['--user', ...aclRules(PASSWORD, true)] : [];
}
