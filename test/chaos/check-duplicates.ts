import { compareEntryIds } from '../../lib/wire/entry-id.js';
import type { Violation } from './violation.js';
import { groupBy } from './group-by.js';
import type { GroupSample, Handling, History, ListenerRule } from './history.js';

/** Why an event may be handled again: the reasons that the README names. */
export type DuplicateCause =
  /** The process was killed between the handler's end and the acknowledgement. */
  | 'crash'
  /** The process stood still or had no Redis for so long that its event was given to another. */
  | 'cut off'
  /** The consumer group was destroyed. What follows the oldest event in hand is delivered again. */
  | 'group destroyed';

/** Interruptions that are shorter than this make nobody take an event over, ms. */
const SHORT_MS = 500;

/** An acknowledgement takes no longer than this while nothing is wrong, ms. */
const ACKNOWLEDGEMENT_MS = 1_000;

/** Reconnecting and finding out what was lost meanwhile takes no longer than this, ms. */
const RECOVERY_MS = 4_000;

/** How long an event may have waited in a process's buffer for its handler, ms. */
const BUFFERED_MS = 15_000;

/** Every handling that was not the first one of its listener needs an explanation. */
export function checkDuplicates(history: History): {
  violations: Violation[];
  byCause: Record<DuplicateCause, number>;
} {
  const byCause: Record<DuplicateCause, number> = { crash: 0, 'cut off': 0, 'group destroyed': 0 };
  const violations: Violation[] = [];
  for (const rule of history.listeners) {
    const explain = new Explanations(history, rule);
    for (const [, handlings] of groupBy(explain.handled, keyOf)) {
      handlings.slice(1).forEach((again, i) => {
        const cause = explain.causeOf(handlings[i]!, again);
        if (cause.kind === 'explained') byCause[cause.cause]++;
        else violations.push({ kind: 'unexplained duplicate', message: cause.message });
      });
    }
  }
  return { violations, byCause };
}

type Explanation =
  { kind: 'explained'; cause: DuplicateCause } | { kind: 'unexplained'; message: string };

/** Looks for what explains the duplicates of one listener. */
class Explanations {
  readonly handled: readonly Handling[];
  private readonly killedAt: ReadonlyMap<number, number>;
  private readonly samples: ReadonlyMap<string, readonly GroupSample[]>;
  private readonly lastOf: ReadonlyMap<string, readonly Handling[]>;

  constructor(
    private readonly history: History,
    private readonly rule: ListenerRule,
  ) {
    this.handled = history.handled.filter(({ listener }) => listener === rule.name);
    this.killedAt = new Map(history.kills.map(({ incarnation, at }) => [incarnation, at]));
    const samples = history.samples.filter(({ listener }) => listener === rule.name);
    this.samples = groupBy(samples, ({ stream }) => stream);
    this.lastOf = groupBy(this.handled, ({ stream, incarnation }) => `${incarnation} ${stream}`);
  }

  causeOf(before: Handling, again: Handling): Explanation {
    const destroyed = this.wasGroupDestroyed(before, again);
    const late = this.isCutOff(again);
    if (!destroyed && !late && this.wasAcknowledged(before, again)) {
      return this.unexplained(before, again, 'although it was acknowledged by then');
    }
    if (before.incarnation !== again.incarnation) {
      if (this.diedBeforeAcknowledging(before)) {
        // A group that is made again counts deliveries from the start.
        return destroyed || again.deliveryCount > 1
          ? { kind: 'explained', cause: 'crash' }
          : this.unexplained(before, again, 'as if it were delivered for the first time');
      }
      if (late || this.isCutOff(before)) return { kind: 'explained', cause: 'cut off' };
    }
    // A single worker knows what it has handled, and confirms that before it ends.
    if (destroyed && !this.rule.ordered) return { kind: 'explained', cause: 'group destroyed' };
    return this.unexplained(before, again, 'although nothing had happened to its process');
  }

  /** Killed while this was among what it had in hand. */
  private diedBeforeAcknowledging({ incarnation, stream, nativeId }: Handling): boolean {
    if (!this.killedAt.has(incarnation)) return false;
    const inHand = this.rule.inHand[stream] ?? 1;
    const last = this.lastOf.get(`${incarnation} ${stream}`)?.slice(-inHand) ?? [];
    return last.some((handling) => handling.nativeId === nativeId);
  }

  /** Interrupted between taking the event and acknowledging it. */
  private isCutOff({ incarnation, from, to }: Handling): boolean {
    return this.history.interruptions.some(
      (it) =>
        (it.incarnation === undefined || it.incarnation === incarnation) &&
        it.to - it.from >= SHORT_MS &&
        it.from - ACKNOWLEDGEMENT_MS <= to &&
        from <= it.to + RECOVERY_MS,
    );
  }

  private wasGroupDestroyed(before: Handling, again: Handling): boolean {
    return this.history.groupLosses.some(
      ({ stream, listener, from, to }) =>
        stream === before.stream &&
        listener === this.rule.name &&
        before.from - BUFFERED_MS <= to &&
        from <= again.from,
    );
  }

  /** Redis itself said so, after the first handling and before the second one began. */
  private wasAcknowledged({ stream, nativeId, to }: Handling, again: Handling): boolean {
    return (this.samples.get(stream) ?? []).some(
      ({ at, lastDeliveredId, pending }) =>
        to < at &&
        at < again.from &&
        compareEntryIds(nativeId, lastDeliveredId) <= 0 &&
        !pending.has(nativeId),
    );
  }

  private unexplained(before: Handling, again: Handling, why: string): Explanation {
    const { stream, nativeId } = again;
    const message =
      `Listener '${this.rule.name}' handled ${nativeId} of '${stream}' again, ${why}: ` +
      `${describe(before)}, then ${describe(again)}.`;
    return { kind: 'unexplained', message };
  }
}

function describe({ incarnation, from, to, deliveryCount }: Handling): string {
  const time = (ms: number): string => new Date(ms).toISOString().slice(11, 23);
  return `process ${incarnation} from ${time(from)} to ${time(to)} (delivery ${deliveryCount})`;
}

function keyOf({ stream, nativeId }: Handling): string {
  return `${nativeId} ${stream}`;
}
