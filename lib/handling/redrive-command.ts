/** Which dead letter, of which listener. */
export interface RedriveTarget {
  /** `{service_name}-{listener_name}`. */
  readonly group: string;
  readonly listener: string;
  /** Entry id of the letter. */
  readonly letter: string;
  /** What to give `--config`, in this order. */
  readonly configs: readonly string[];
  /** Address of the Redis, without secrets, where the configurations don't say it. */
  readonly redis?: string;
  /** Whether a user or a password goes with it. @default false */
  readonly hasUser?: boolean;
}

/** Where a command looks that is told nothing. */
const DEFAULT_REDIS = 'redis://127.0.0.1:6379/0';

/** The command that drives one dead letter again, to be pasted into a POSIX shell. */
export function redriveCommand(target: RedriveTarget): string {
  const { group, listener, letter, configs } = target;
  const service = group.slice(0, -`-${listener}`.length);
  const options = [
    `--service-name=${quote(service)}`,
    ...configs.map((config) => `--config=${quote(config)}`),
  ];
  const ids = [quote(listener), letter];
  const command = [...addressOf(target), 'npx', 'lightbus', 'deadletters', 'redrive'];
  // A name that looks like an option is one, unless nothing but operands follows.
  const parts = listener.startsWith('-')
    ? [...command, ...options, '--', ...ids]
    : [...command, ...ids, ...options];
  return parts.join(' ');
}

/** What says where Redis is. A shell that lacks it says what is left out here, and runs nothing. */
function addressOf({ redis, hasUser = false }: RedriveTarget): string[] {
  // Sentinels have no URL.
  if (redis === undefined || !/^(rediss?|unix):/.test(redis)) return [];
  if (!hasUser) return redis === DEFAULT_REDIS ? [] : [`LIGHTBUS_REDIS_URL=${quote(redis)}`];
  const missing = `${redis.replace(/[\\"$`}]/g, '\\$&')}, with user and password`;
  return [`LIGHTBUS_REDIS_URL="\${LIGHTBUS_REDIS_URL:?${missing}}"`];
}

/** Whether the URL of a Redis, or parameters beside it, say as whom to connect. Of a function that is not known. */
export function saysUser(said: string | object): boolean {
  if (typeof said === 'string') return /^rediss?:\/\/[^/?#]*@/i.test(said);
  return typeof said === 'function' || 'username' in said || 'password' in said;
}

/** A text as one word of a POSIX shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
