import { inspect } from 'node:util';

/** How much of what was thrown is told, in characters. */
const LONGEST = 10_000;

/** How many errors behind one are told. */
const MOST_CAUSES = 5;

/** What somebody threw, in words: handlers may throw anything, `undefined` included. Never throws. */
export function describeError(thrown: unknown): string {
  try {
    const text = describe(thrown);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return `a thrown value that can't be shown (${typeof thrown})`;
  }
}

/**
 * The same, and where it was thrown: the first place of the stack that is neither Node's nor a package's. For those who
 * are not shown the stack. Never throws.
 */
export function describeWithPlace(thrown: unknown): string {
  const text = describeError(thrown);
  const place = stackOf(thrown)
    ?.split('\n')
    .map((line) => line.trim())
    .find((line) => /^at .*:\d+:\d+\)?$/.test(line) && !/node:|node_modules/.test(line));
  return place === undefined ? text : `${text} (${place})`;
}

/** The stack of what somebody threw, if it has one, with those of its causes. Never throws. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    const stacks = chainOf(thrown).flatMap((error) => {
      const stack: unknown = error.stack;
      return typeof stack === 'string' ? [stack] : [];
    });
    return stacks.length === 0 ? undefined : stacks.join('\nCaused by: ').slice(0, LONGEST);
  } catch {
    return undefined;
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (!(thrown instanceof Error)) {
    return `a thrown value that is no Error: ${inspect(thrown, { depth: 2, breakLength: Infinity })}`;
  }
  return chainOf(thrown).reduce((text, error) => {
    const own = messageOf(error);
    if (text === '') return own;
    // Whoever wrapped an error may have said already what it said.
    return text === own || text.includes(`: ${own}`) ? text : `${text} (cause: ${own})`;
  }, '');
}

/** An error and its causes, as far as they are errors. */
function chainOf(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let one = thrown; one instanceof Error && !chain.includes(one); one = causeOf(one)) {
    chain.push(one);
    if (chain.length === MOST_CAUSES) break;
  }
  return chain;
}

function causeOf(error: Error): unknown {
  try {
    return error.cause;
  } catch {
    return undefined;
  }
}

function messageOf(error: Error): string {
  // Not all that calls itself an Error keeps to its types.
  const message: unknown = error.message;
  if (typeof message === 'string' && message !== '') return message;
  const code: unknown = Reflect.get(error, 'code');
  const name = typeof code === 'string' ? `${error.name} [${code}]` : error.name;
  // Node's own, where each address of a host refused the connection: only those inside say why.
  const inside = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const reasons = inside.filter((one) => one instanceof Error && one !== error) as Error[];
  if (reasons.length === 0) return name;
  return `${name}: ${reasons
    .slice(0, MOST_CAUSES)
    .map(({ message }) => message)
    .join('; ')}`;
}
