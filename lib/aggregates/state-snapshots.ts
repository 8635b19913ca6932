import { createHash } from 'node:crypto';
import { getEventDefinition } from '../event/event.decorator.js';
import type { Snapshots } from '../store/snapshots.js';
import { codeOf, type AggregateDefinition } from './aggregate-definition.js';
import type { KeptState, StatePoint } from './entity-state.js';
import { heldClasses, readingOf } from './state-classes.js';
import type { StateText } from './state-text.js';

/** Where the snapshot of an entity is. */
export interface SnapshotPlace {
  readonly store: Snapshots;
  readonly stream: string;
  /** Text of the key of the entity. */
  readonly key: string;
}

/** What lies in a store. */
interface Snapshot extends StatePoint {
  readonly of: string;
  readonly state: string;
}

/**
 * Reads the snapshot of an entity. One that was made by another revision, of other events or by other code, or that
 * can't be read, is none.
 *
 * @throws TransportError
 */
export async function readSnapshot(
  definition: AggregateDefinition<unknown>,
  texts: StateText,
  { store, stream, key }: SnapshotPlace,
): Promise<KeptState | undefined> {
  const text = await store.readSnapshot(stream, nameOf(definition, key));
  if (text === undefined) return undefined;
  try {
    const { of, version, nativeId, state } = JSON.parse(text) as Partial<Snapshot>;
    if (of !== madeOf(definition) || typeof nativeId !== 'string' || typeof state !== 'string') {
      return undefined;
    }
    if (typeof version !== 'number' || !(version > 0)) return undefined;
    const made = texts.read(state);
    if (definition.type && prototypeOf(made) !== definition.type.prototype) return undefined;
    return { version, nativeId, state: made, text: state };
  } catch {
    return undefined;
  }
}

/** Keeps a state that was written as a text. @throws TransportError */
export async function writeSnapshot(
  definition: AggregateDefinition<unknown>,
  { version, nativeId, state }: Pick<Snapshot, 'version' | 'nativeId' | 'state'>,
  { store, stream, key }: SnapshotPlace,
): Promise<void> {
  const snapshot: Snapshot = { of: madeOf(definition), version, nativeId, state };
  await store.writeSnapshot(stream, nameOf(definition, key), JSON.stringify(snapshot));
}

function nameOf({ name, parameter }: AggregateDefinition<unknown>, key: string): string {
  return `${name}:${parameter}:${key}`;
}

const MADE_OF = new WeakMap<AggregateDefinition<unknown>, string>();

/**
 * What a state was made by: where any of it is different, the state may be. The code is part of it, as far as it can be
 * seen, for who forgets to raise `revision`; and two services may have aggregates of one name.
 */
function madeOf(definition: AggregateDefinition<unknown>): string {
  let known = MADE_OF.get(definition);
  if (known !== undefined) return known;
  const { revision, events, code } = definition;
  const names: string[] = [];
  const hash = createHash('sha1').update(JSON.stringify(code));
  const sorted = [...events].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, type] of sorted) {
    const { version = 0, upcasters = {} } = getEventDefinition(type) ?? {};
    names.push(`${name} ${version}`);
    hash.update(JSON.stringify(Object.values(upcasters).map(String)));
  }
  for (const type of heldClasses(sorted.map(([, type]) => type))) {
    hash.update(JSON.stringify([codeOf(type), readingOf(type)]));
  }
  known = JSON.stringify([revision, ...names, hash.digest('hex').slice(0, 16)]);
  MADE_OF.set(definition, known);
  return known;
}

function prototypeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
}
