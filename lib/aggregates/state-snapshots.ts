import { getEventDefinition } from '../event/event.decorator.js';
import type { Snapshots } from '../store/snapshots.js';
import type { AggregateDefinition } from './aggregate-definition.js';
import type { KeptState, StatePoint } from './entity-state.js';
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
 * Reads the snapshot of an entity. One that is of another revision, or of other events, or that can't be read, is none.
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
    return { version, nativeId, state: texts.read(state) };
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

/** What a state was made by: where any of it is different, the state may be. */
function madeOf({ revision, events }: AggregateDefinition<unknown>): string {
  const names = [...events].map(([name, type]) => {
    return `${name} ${getEventDefinition(type)?.version ?? 0}`;
  });
  return JSON.stringify([revision, ...names.sort()]);
}
