/** How safe events are where they are stored, and how that is told. */

/**
 * How bad something is that can be mended: `problem`, events get lost in ordinary operation; `warning`, in rarer
 * cases.
 */
export type FaultLevel = 'problem' | 'warning';

/**
 * What else is told: `note`, events may get lost where that is how such places are run; `unknown`, the place does
 * not tell; `ok`, nothing gets lost.
 */
export type RemarkLevel = 'note' | 'unknown' | 'ok';

/** One fact about the place where events are stored, judged. A warning without a remedy would only be in the way. */
export type DurabilityFinding =
  | {
      readonly level: FaultLevel;
      /** In plain words, with the setting that it comes from. */
      readonly text: string;
      /** What to do about it: `set appendfsync everysec or always`. */
      readonly remedy: string;
    }
  | { readonly level: RemarkLevel; readonly text: string; readonly remedy?: undefined };

/** What became of looking into how safe stored events are. */
export interface DurabilityVerdict {
  /** Nothing that was found makes events get lost in ordinary operation. */
  readonly durable: boolean;
  readonly findings: readonly DurabilityFinding[];
}

/** A place where events are stored, as far as its safety is concerned. */
export interface Auditable {
  /** Where this is, for logs; never with a password. */
  readonly description: string;

  /** Opens connections. Resolves once usable; rejects with a `DisconnectedError` after `timeoutMs`, and keeps trying. */
  connect(timeoutMs: number): Promise<void>;

  /** Looks into how safe stored events are. Needs a connection; says 'unknown' where it isn't told. */
  audit(): Promise<DurabilityVerdict>;
}

/** How loudly to tell a verdict: a method of Nest's logger. */
export type Severity = 'log' | 'warn' | 'error';

const ORDER: readonly (FaultLevel | RemarkLevel)[] = [
  ...(['problem', 'warning', 'note', 'unknown', 'ok'] as const),
];

/** How loudly to tell a verdict: no louder than what can be done about it. */
export function severityOf({ findings }: DurabilityVerdict): Severity {
  const levels = new Set(findings.map(({ level }) => level));
  if (levels.has('problem')) return 'error';
  return levels.has('warning') ? 'warn' : 'log';
}

/** A verdict as one line for the log: what is wrong, worst first; what is right only if nothing is wrong. */
export function describeVerdict(place: string, { findings }: DurabilityVerdict): string {
  const wrong = findings.filter(({ level }) => level !== 'ok');
  const told = [...(wrong.length > 0 ? wrong : findings)].sort(
    (a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level),
  );
  return `Durability of ${place}: ${told.map(describeFinding).join('; ')}.`;
}

/** A finding with what to do about it. */
export function describeFinding({ text, remedy }: DurabilityFinding): string {
  return remedy ? `${text} (${remedy})` : text;
}
