/** Which dead letter, of which listener. */
export interface RedriveTarget {
  /** `{service_name}-{listener_name}`. */
  readonly group: string;
  readonly listener: string;
  /** Entry id of the letter. */
  readonly letter: string;
  /** What to give `--config`, in this order. */
  readonly configs: readonly string[];
}

/** The command that drives one dead letter again, to be pasted into a POSIX shell. */
export function redriveCommand({ group, listener, letter, configs }: RedriveTarget): string {
  const service = group.slice(0, -`-${listener}`.length);
  const options = [
    `--service-name=${quote(service)}`,
    ...configs.map((config) => `--config=${quote(config)}`),
  ];
  const ids = [quote(listener), letter];
  const command = ['npx', 'lightbus', 'deadletters', 'redrive'];
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
