import type { Logger } from '@nestjs/common';
import { SchemaIncompatibleError, type IncompatibleChange } from '../../errors.js';
import { compareSchemas, describeChanges } from '../compatibility/compare-schemas.js';
import { compareEvent, type EventComparison } from '../compatibility/event-compatibility.js';
import { own } from '../compatibility/schema-value.js';
import type { Disagreement, Merged, Taking } from './merge-publication.js';
import type { OwnEvent } from './own-event.js';
import type { PublishedRecord, Publisher } from './published-record.js';

/** Setting `apis.*.schema_compatibility`. */
export type SchemaCompatibility = 'refuse' | 'warn' | 'off';

/** What is known when something is published. */
interface Facts {
  readonly records: ReadonlyMap<string, PublishedRecord>;
  /** Whether this process has not published an event before. */
  readonly isNew: (event: OwnEvent) => boolean;
}

/** Says what the publication of an API finds out, each once. */
export class PublicationReport {
  private readonly told = new Set<string>();

  /** @param place names the Redis, without its password. */
  constructor(
    private readonly compatibility: SchemaCompatibility,
    private readonly place: string,
    private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>,
  ) {}

  /** @throws SchemaIncompatibleError by the setting `refuse`, for events that this process has not published before. */
  check(
    taken: readonly Taking[],
    { records, isNew, isFirst }: Facts & { readonly isFirst: boolean },
  ): void {
    if (this.compatibility !== 'refuse') return;
    const broken = comparisons(taken.filter(({ event }) => isNew(event))).filter(
      ([, { isCompatible }]) => !isCompatible,
    );
    if (broken.length === 0) return;
    const changes = broken.flatMap(([{ event }, found]) =>
      found.changes.map((change): IncompatibleChange => ({
        event: event.canonicalName,
        ...change,
      })),
    );
    const texts = broken.map(([one, found]) => describeBroken(one, found, records));
    throw new SchemaIncompatibleError(
      `${isFirst ? 'Nothing was' : 'This was not'} published, as schema_compatibility is 'refuse': ${texts.join(' ')} ${WHAT_TO_DO}, or set ` +
        "schema_compatibility to 'warn' for one deployment.",
      changes,
    );
  }

  /** Tells what was published. */
  tell(
    { taken, disagreements }: Merged,
    { records, me }: Facts & { readonly me: Publisher },
  ): void {
    for (const one of disagreements) {
      this.once(`disagreement ${one.event.name}`, () =>
        this.logger.warn(describeDisagreement(one, me)),
      );
    }
    if (this.compatibility === 'off') return;
    for (const [one, found] of comparisons(taken)) {
      const { event } = one;
      this.once(`compatibility ${event.name} ${found.versions.join()}`, () => {
        if (!found.isCompatible) {
          this.logger.warn(`${describeBroken(one, found, records)} ${WHAT_TO_DO}.`);
          return;
        }
        this.logger.log(
          `'${event.canonicalName}' has version ${found.versions[1]} now, and upcasters for those before: what has changed ` +
            `since version ${found.versions[0]} is compatible.`,
        );
      });
    }
  }

  /** Events that came late are left out. */
  tellRefused({ message }: SchemaIncompatibleError): void {
    this.logger.error(`${message} All else of the API stays published.`);
  }

  /** What was stored is no schema. */
  tellReplaced(key: string): void {
    this.once('replaced', () =>
      this.logger.warn(
        `What is stored under '${key}' on ${this.place} is no schema of an API, and is replaced. Workers of Python's ` +
          'Lightbus end when they read such a thing: find out who writes it.',
      ),
    );
  }

  /** What was stored under a key of ours is of another type. */
  tellOtherKind(key: string): void {
    this.once(`kind ${key}`, () =>
      this.logger.warn(
        `What is stored under '${key}' on ${this.place} is of another type than this module's, and is replaced. Find out ` +
          'who writes it.',
      ),
    );
  }

  private once(what: string, tell: () => void): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    tell();
  }
}

const WHAT_TO_DO =
  'Change it back, or give the event a higher version with upcasters for those before (@Event(..., { version, upcasters }))';

/** Those that differ from what was published last. */
function comparisons(taken: readonly Taking[]): [Taking, EventComparison][] {
  return taken.flatMap((one): [Taking, EventComparison][] => {
    if (!one.isNews || one.before === undefined) return [];
    const found = compareEvent(one.before, one.event);
    return found.changes.length > 0 ? [[one, found]] : [];
  });
}

function describeBroken(
  { event }: Taking,
  { changes, versions }: EventComparison,
  records: ReadonlyMap<string, PublishedRecord>,
): string {
  const record = records.get(event.name);
  const by = record
    ? `by '${record.service}', process '${record.process}'`
    : 'by a service that leaves no record, such as one of Python';
  return (
    `The schema of '${event.canonicalName}' (version ${versions[1]}) is not compatible with the one that was published ` +
    `last (version ${versions[0]}, ${by}): ${describeChanges(changes)}.`
  );
}

function describeDisagreement(
  { event, theirs, service, isOurs }: Disagreement,
  me: Publisher,
): string {
  const changes = compareSchemas(own(theirs, 'parameters'), own(event.description, 'parameters'));
  const difference =
    changes.length > 0
      ? `compared with that of the other service, ours has: ${describeChanges(changes)}`
      : 'what differs breaks nobody';
  const other =
    service === undefined ? "another service (none of this module's)" : `the service '${service}'`;
  return (
    `'${event.canonicalName}' is described differently by ${other} and by this one, '${me.service}'. ` +
    `${isOurs ? "This service's" : "The other service's"} schema is published; ${difference}. Only one service should register ` +
    'the event (LightbusModule.forFeature), or both should describe it alike.'
  );
}
