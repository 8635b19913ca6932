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
}

/** Where a command looks that is told nothing. */
const DEFAULT_REDIS = 'redis://127.0.0.1:6379/0';

/** The command that drives one dead letter again, to be pasted into a POSIX shell. */
export function redriveCommand({ group, listener, letter, configs, redis }: RedriveTarget): string {
  const service = group.slice(0, -`-${listener}`.length);
  const options = [
    `--service-name=${quote(service)}`,
    ...configs.map((config) => `--config=${quote(config)}`),
  ];
  const ids = [quote(listener), letter];
  // Sentinels have no URL.
  const isUrl = redis !== undefined && /^(rediss?|unix):/.test(redis);
  const variables = isUrl && redis !== DEFAULT_REDIS ? [`LIGHTBUS_REDIS_URL=${quote(redis)}`] : [];
  const command = [...variables, 'npx', 'lightbus', 'deadletters', 'redrive'];
  // A name that looks like an option is one, unless nothing but operands follows.
  const parts = listener.startsWith('-')
    ? [...command, ...options, '--', ...ids]
    : [...command, ...ids, ...options];
  return parts.join(' ');
}

/** A text as one word of a POSIX shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
