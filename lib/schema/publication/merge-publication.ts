import { own } from '../compatibility/schema-value.js';
import { versionOf } from '../compatibility/event-compatibility.js';
import { stringify } from '../../wire/json-writer.js';
import type { ApiSchema } from '../bus-schema.js';
import type { OwnEvent } from './own-event.js';
import type { PublishedRecord, Publisher } from './published-record.js';

/** What there is of an API. */
export interface Found {
  /** What is stored as its schema; `undefined` for nothing, and for what is no schema. */
  readonly api: ApiSchema | undefined;
  /** By event. */
  readonly records: ReadonlyMap<string, PublishedRecord>;
  /** Whether the process that has written a record publishes still. */
  readonly isAlive: (record: PublishedRecord) => boolean;
}

/** An event that another service describes otherwise. */
export interface Disagreement {
  readonly event: OwnEvent;
  readonly theirs: unknown;
  /** `undefined` for a service that leaves no record: one of Python's. */
  readonly service: string | undefined;
  /** Whether ours is published from now on. */
  readonly isOurs: boolean;
}

/** An event that is described by this process from now on. */
export interface Taking {
  readonly event: OwnEvent;
  /** What was published last, as far as it is known. */
  readonly before: unknown;
  /** Whether that is something else. */
  readonly isNews: boolean;
}

/** What is to be stored. */
export interface Merged {
  /** The schema of the API, as Python writes it. */
  readonly text: string;
  /** Events whose record is to be this process's. */
  readonly taken: readonly Taking[];
  readonly disagreements: readonly Disagreement[];
  /** Whether an event is left as others describe it, who may be gone one day. */
  readonly isOutvoted: boolean;
}

/**
 * Puts this service's events into what is stored of their API; what others describe stays. Of an event that two describe
 * differently, the higher version is published, else what the process describes that began to publish later: those of an
 * older deployment go on, and do not turn it back. One that publishes no more has no say. What leaves no record, a Python
 * service, is written over once by each process, when it begins; as Python writes all of its API again and again, it is
 * left in place after that.
 *
 * @param isNew whether this process has not published an event before.
 */
export function mergePublication(
  events: readonly OwnEvent[],
  found: Found,
  me: Publisher,
  isNew: (event: OwnEvent) => boolean,
): Merged {
  const described = new Map(Object.entries(found.api?.events ?? {}));
  const taken: Taking[] = [];
  const disagreements: Disagreement[] = [];
  let isOutvoted = false;
  for (const event of events) {
    const record = found.records.get(event.name);
    // Left out by somebody who knows nothing of it: whoever comes first puts back what was there.
    const isLeftOut = record !== undefined && found.isAlive(record);
    const theirs =
      own(found.api?.events, event.name) ?? (isLeftOut ? record.description : undefined);
    const isRecorded = record !== undefined && textOf(theirs) === textOf(record.description);
    const isOurs = isTaken(
      event,
      { theirs, record: isRecorded ? record : undefined },
      found,
      me,
      isNew,
    );
    const isOther = theirs !== undefined && textOf(theirs) !== event.text;
    // What left no record and gives way may be gone with its process; where it is not, it comes back.
    const isHeld = isRecorded ? record.service !== me.service && found.isAlive(record) : !isOurs;
    if (isOther && event.says && isHeld) {
      const service = isRecorded ? record.service : undefined;
      disagreements.push({ event, theirs, service, isOurs });
    }
    if (isOther && !isOurs) isOutvoted = true;
    if (!isOurs) {
      described.set(event.name, theirs);
      continue;
    }
    described.set(event.name, event.description);
    const last = record?.description ?? theirs;
    taken.push({ event, before: last, isNews: textOf(record?.description) !== event.text });
  }
  const api = { ...found.api, events: Object.fromEntries(described), rpcs: found.api?.rpcs ?? {} };
  return { text: stringify(api), taken, disagreements, isOutvoted };
}

function isTaken(
  event: OwnEvent,
  { theirs, record }: { readonly theirs: unknown; readonly record: PublishedRecord | undefined },
  { isAlive }: Found,
  me: Publisher,
  isNew: (event: OwnEvent) => boolean,
): boolean {
  if (theirs === undefined) return true;
  const isMine = record?.token === me.token;
  if (textOf(theirs) === event.text) {
    // Whoever began last keeps it, so that it does not end with another process.
    if (record === undefined || record.start < me.start) return true;
    if (isMine) return false;
    // A process that describes more by now has another token. Others that began at this moment are left alone.
    const isSelf = record.process === me.process && record.service === me.service;
    return (isSelf && record.start === me.start) || !isAlive(record);
  }
  if (!event.says) return false;
  if (record && (isMine || !isAlive(record))) return true;
  const version = versionOf(theirs);
  if (version !== event.version)
    return event.version > version && (record !== undefined || isNew(event));
  return record ? me.start > record.start : isNew(event);
}

function textOf(value: unknown): string {
  return stringify(value);
}
