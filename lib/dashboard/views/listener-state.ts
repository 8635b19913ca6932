import { counted, formatDistance, formatDuration, formatNumber, shorten } from './format.js';
import { isThere, whatWaits, whereIs, workersOf } from './listener-workers.js';
import type { ListenerFacts } from './models.js';

/** How bad it is; each level has its colour, and its words. */
export type Level = 'broken' | 'warning' | 'busy' | 'idle' | 'well';

/** One thing that is true of a listener, and what to do about it. */
export interface Verdict {
  readonly level: Level;
  /** One or two words. */
  readonly label: string;
  readonly says: string;
  /** The error behind it, as it was thrown. */
  readonly error?: string;
  /** What to do; `''` for nothing. */
  readonly hint: string;
  /** The entry that it is about. */
  readonly nativeId?: string;
}

const ORDER: readonly Level[] = ['broken', 'warning', 'busy', 'idle', 'well'];

/** How long an event may be in hand before that is told, ms: as `acknowledgement_timeout` by default. */
const LONG_IN_HAND_MS = 60_000;

/** How long before its listener counts as stuck, ms: as health's `oldestPendingMs` by default. */
const STUCK_MS = 300_000;

/** What comes before others that are as bad: what fails, and last what holds up nothing. */
const URGENCY: Readonly<Record<string, number>> = { Failing: -1, 'Dead letters': 1 };

/** All that is to be said of a listener, the worst first. There is one verdict at least. */
export function verdictsOf(facts: ListenerFacts, now: Date): readonly [Verdict, ...Verdict[]] {
  const found = [
    ...failing(facts, now),
    ...unread(facts),
    ...longInHand(facts),
    ...lost(facts, now),
    ...deadLetters(facts, now),
  ];
  const [first, ...others] = found.sort((a, b) => rank(a) - rank(b));
  return first ? [first, ...others] : [progress(facts)];
}

/** The worst listeners first; those that are equally bad in the order of their names. */
export function worstFirst(
  listeners: readonly ListenerFacts[],
  now: Date,
): { readonly facts: ListenerFacts; readonly verdicts: readonly [Verdict, ...Verdict[]] }[] {
  return listeners
    .map((facts) => ({ facts, verdicts: verdictsOf(facts, now) }))
    .sort(
      (a, b) =>
        rank(a.verdicts[0]) - rank(b.verdicts[0]) ||
        compare(a.facts.name, b.facts.name) ||
        compare(a.facts.stream, b.facts.stream),
    );
}

function rank({ level, label }: Verdict): number {
  return ORDER.indexOf(level) * 3 + (URGENCY[label] ?? 0);
}

function failing(facts: ListenerFacts, now: Date): Verdict[] {
  const { failures } = facts;
  const first = [...failures].sort((a, b) => a.since.getTime() - b.since.getTime())[0];
  if (!first) return [];
  const duration = formatDuration(now.getTime() - first.since.getTime());
  const name = first.eventName === undefined ? 'An event' : `Event ${shorten(first.eventName)}`;
  const more = failures.length - 1;
  return [
    {
      level: 'broken',
      label: 'Failing',
      says: [
        `${name} has been failing for ${duration}: ${counted(first.attempts, 'attempt')} so far.`,
        nextTry(facts, first, now),
        whatWaits(facts),
        ...(more > 0
          ? [`${counted(more, 'more event')} ${more === 1 ? 'is' : 'are'} failing, too.`]
          : []),
      ].join(' '),
      error: first.error,
      hint:
        'Mend what the error names and deploy: the event is tried again by itself. If it is the event that is wrong, ' +
        "let this listener set such events aside (onError: 'dead_letter') and deploy: what is behind it goes on then.",
      nativeId: first.nativeId,
    },
  ];
}

function nextTry(
  facts: ListenerFacts,
  failure: ListenerFacts['failures'][number],
  now: Date,
): string {
  if (workersOf(facts) === 0) return 'No worker is there to try it again.';
  const at = failure.nextTryAt;
  if (at === null) return 'Its worker makes no further try: the next one to start does.';
  return at > now ? `Next try ${formatDistance(at, now)}.` : 'The next try is due.';
}

function unread(facts: ListenerFacts): Verdict[] {
  const { consumers, pending, undelivered } = facts;
  const waits = pending + (undelivered?.count ?? 0);
  if (workersOf(facts) > 0 || waits === 0) return [];
  const what = `${counted({ count: waits, isAtLeast: undelivered?.isAtLeast ?? false }, 'event')} ${waits === 1 ? 'waits' : 'wait'}`;
  const silent = consumers.filter(({ worker }) => worker === null).map(({ idleMs }) => idleMs);
  const hint =
    'Start the application that has this listener, and look at why it ended. If no code has the listener any more, ' +
    "remove it: 'lightbus retire' shows what would be lost, and asks.";
  if (silent.length === 0) {
    return [{ level: 'broken', label: 'No worker', says: `${what}, and no process reads.`, hint }];
  }
  const since = formatDuration(Math.min(...silent));
  return [
    {
      level: 'warning',
      label: 'Not read',
      says: `${what}, and no process has asked for any for ${since}.`,
      hint,
    },
  ];
}

function longInHand(facts: ListenerFacts): Verdict[] {
  const oldest = facts.oldestPending;
  const ms = oldest?.pendingMs ?? 0;
  if (!oldest || ms < LONG_IN_HAND_MS || facts.failures.length > 0 || workersOf(facts) === 0) {
    return [];
  }
  const { consumer, deliveryCount, nativeId } = oldest;
  const holder = facts.consumers.find(({ name }) => name === consumer);
  const duration = formatDuration(ms);
  if (holder && isThere(holder)) {
    const isStuck = ms >= STUCK_MS;
    const again = deliveryCount > 1 ? `, delivered ${counted(deliveryCount, 'time')}` : '';
    return [
      {
        level: isStuck ? 'broken' : 'warning',
        label: isStuck ? 'Stuck' : 'Slow',
        says: `An event has been in hand for ${duration} at ${whereIs(holder)}${again}. ${whatWaits(facts)}`,
        hint:
          'Its handler takes long, or hangs: look at what it waits for, mend that, and restart the process: the event ' +
          "comes again then. The listener's option 'timeout' bounds it.",
        nativeId,
      },
    ];
  }
  const whose =
    consumer === null ? 'and nobody has it' : `with ${shorten(consumer, 60)}, which is not there`;
  return [
    {
      level: 'warning',
      label: 'Left behind',
      says: `An event has been pending for ${duration}, ${whose}.`,
      hint: 'A worker takes it over after acknowledgement_timeout. If none does, look at the log of the workers.',
      nativeId,
    },
  ];
}

/** Which part of the history is lost. */
export function whatIsGone({ after, until }: NonNullable<ListenerFacts['lost']>['last']): string {
  if (until === null) return 'all that was there';
  return `what was after ${after === '' || after === '0-0' ? 'the beginning' : shorten(after)} and before ${shorten(until)}`;
}

function lost({ lost: loss }: ListenerFacts, now: Date): Verdict[] {
  if (!loss) return [];
  const { last, times } = loss;
  return [
    {
      level: 'warning',
      label: 'Lost history',
      says:
        `Events were gone before this listener had seen them, ${counted(times, 'time')}; last noticed ` +
        `${formatDistance(last.noticedAt, now)}: ${whatIsGone(last)}.`,
      hint:
        'They were trimmed, deleted or evicted, and can only come from elsewhere: fire them again, or repair by hand ' +
        "what the listener keeps. Look at who trims the stream, and at Redis's maxmemory-policy.",
    },
  ];
}

function deadLetters(
  { deadLetters: count, oldestDeadLetterAt }: ListenerFacts,
  now: Date,
): Verdict[] {
  if (count === 0) return [];
  const oldest = oldestDeadLetterAt && `, the oldest ${formatDistance(oldestDeadLetterAt, now)}`;
  return [
    {
      level: 'warning',
      label: 'Dead letters',
      says: `${counted(count, 'event')} ${count === 1 ? 'was' : 'were'} given up${oldest ?? ''}.`,
      hint: 'Each needs a decision: mend the cause and redrive them, or discard them.',
    },
  ];
}

function progress(facts: ListenerFacts): Verdict {
  const { pending, undelivered } = facts;
  const workers = workersOf(facts);
  const by = workers === 0 ? 'no process reads' : `${counted(workers, 'worker')} there`;
  if (!undelivered) {
    const says = `How many events wait can't be counted, as reading is refused; ${by}.`;
    return {
      level: 'warning',
      label: 'Unknown',
      says,
      hint: 'Let this Redis user read the stream.',
    };
  }
  if (undelivered.count > 0) {
    const says = `${counted(undelivered, 'event')} to come, ${formatNumber(pending)} in hand; ${by}.`;
    return { level: 'busy', label: 'Behind', says, hint: '' };
  }
  if (pending > 0) {
    return {
      level: 'busy',
      label: 'Handling',
      says: `${counted(pending, 'event')} in hand; ${by}.`,
      hint: '',
    };
  }
  if (workers === 0) {
    return {
      level: 'idle',
      label: 'Not running',
      says: 'Nothing waits, and no process reads.',
      hint: '',
    };
  }
  return { level: 'well', label: 'Up to date', says: `Nothing waits; ${by}.`, hint: '' };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
