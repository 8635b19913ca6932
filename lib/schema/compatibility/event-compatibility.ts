import { own } from './schema-value.js';
import { compareSchemas, type SchemaChange } from './compare-schemas.js';

/** How two descriptions of an event differ, and whether that breaks anybody. */
export interface EventComparison {
  /** What has changed; `[]` where nobody can notice. */
  readonly changes: readonly SchemaChange[];
  /** Whether nobody is broken. */
  readonly isCompatible: boolean;
  /** The versions, before and after. */
  readonly versions: readonly [before: number, after: number];
}

/** What of an event is compared. */
export interface DescribedEvent {
  readonly version: number;
  /** As it stands in the schema of its API: `{ parameters: … }`. */
  readonly description: unknown;
  /** By version, what lifts its parameters to the next. */
  readonly upcasters: Readonly<Record<number, unknown>>;
}

/** The version of an event by its description: 1 unless a comment says otherwise. */
export function versionOf(description: unknown): number {
  const comment = own(own(description, 'parameters'), '$comment');
  const [, digits] = (typeof comment === 'string' && /^version (\d{1,15})$/.exec(comment)) || [];
  return digits === undefined ? 1 : Number(digits);
}

/**
 * Compares what was published of an event with what is to be. Whatever has changed, a higher version with upcasters for
 * every step between is compatible: old events are lifted, and who reads a newer version than it knows is told so.
 *
 * @param before the description that was published.
 */
export function compareEvent(before: unknown, after: DescribedEvent): EventComparison {
  const changes = compareSchemas(own(before, 'parameters'), own(after.description, 'parameters'));
  const versions = [versionOf(before), after.version] as const;
  const isLifted = versions[1] > versions[0] && hasSteps(after.upcasters, ...versions);
  return { changes, isCompatible: changes.length === 0 || isLifted, versions };
}

function hasSteps(upcasters: DescribedEvent['upcasters'], from: number, to: number): boolean {
  // A version below 1, which nobody described, is lifted from the first step on.
  const steps = Object.keys(upcasters).filter((step) => Number(step) >= from);
  return steps.length > 0 && steps.length >= to - Math.max(from, 1);
}
