import { keyTextOfJson } from '../../wire/entity-key.js';
import { parseStreamName, type StreamOwner } from '../../wire/stream-names.js';
import { formatEntryId } from '../../wire/entry-id.js';
import { leftToTakeIn, type EntityPlace, type EntityRef, type EventKeys } from '../entities.js';
import type { FlatFields, RangeOptions } from '../entries.js';
import { parseEnd, parseStart } from '../positions.js';
import type { MemoryStream } from './memory-stream.js';

/** Which entries of a stream are about which entity: Redis has a hash for it. */
export class MemoryIndex {
  private position = -1n;
  private count = 0;
  /** By event: its parameters that were ever told, the current one last. */
  private readonly told = new Map<string, string[]>();
  private readonly seen = new Set<string>();
  private readonly entities = new Map<string, bigint[]>();
  private readonly owner: StreamOwner | null;

  constructor(
    name: string,
    private readonly stream: MemoryStream,
  ) {
    this.owner = parseStreamName(name);
  }

  /** Takes over which events are keyed by what. @returns the same of all who told it. */
  tell(ours: EventKeys): EventKeys {
    for (const [event, parameter] of ours) {
      const told = this.told.get(event) ?? [];
      if (!told.includes(parameter) && this.seen.has(event)) this.forget();
      this.told.set(event, [...told.filter((one) => one !== parameter), parameter]);
    }
    return new Map([...this.told].map(([event, told]) => [event, told.at(-1) ?? '']));
  }

  /** How many events of the entity are stored. */
  sizeOf(entity: EntityRef): number {
    return this.positionsOf(entity).length;
  }

  /** How many entries it has yet to take in. */
  get behind(): number {
    return leftToTakeIn(this.stream.facts.length, this.count);
  }

  /** The how many-th event of the entity the one at a position is, from 1; 0 where it is none. */
  sequenceOf(entity: EntityRef, position: bigint): number {
    const positions = this.positionsOf(entity);
    const index = countBefore(positions, position);
    return positions[index] === position ? index + 1 : 0;
  }

  /** See `EventStore.entityPlaces`. */
  places(entity: EntityRef, { start, end, count, reverse }: RangeOptions): EntityPlace[] {
    const positions = this.positionsOf(entity);
    const from = countBefore(positions, parseStart(start));
    const to = countBefore(positions, parseEnd(end) + 1n);
    const most = Math.max(count, 0);
    const first = reverse ? Math.max(from, to - most) : from;
    const found = positions.slice(first, reverse ? to : Math.min(to, from + most));
    const places = found.map((position, i) => {
      return { nativeId: formatEntryId(position), sequence: first + i + 1 };
    });
    return reverse ? places.reverse() : places;
  }

  /** Positions of the entity's events, all that are stored. */
  private positionsOf({ parameter, key }: EntityRef): readonly bigint[] {
    this.catchUp();
    return this.entities.get(entityKey(parameter, key)) ?? [];
  }

  private catchUp(): void {
    this.takeIn();
    // Some have been deleted since they were taken in.
    if (this.count === this.stream.facts.length) return;
    this.forget();
    this.takeIn();
  }

  private takeIn(): void {
    for (const position of this.stream.positionsAfter(this.position, Infinity)) {
      this.add(position, this.stream.fieldsAt(position) ?? []);
      this.position = position;
      this.count++;
    }
  }

  private add(position: bigint, fields: FlatFields): void {
    const values = new Map<string, string>();
    for (let i = 0; i < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '');
    const { apiName, eventName } = this.owner ?? {};
    if (!apiName || (values.get('api_name') || apiName) !== apiName) return;
    const event = values.get('event_name') || (eventName === '*' ? '' : (eventName ?? ''));
    this.seen.add(event);
    for (const parameter of this.told.get(event) ?? []) {
      const json = values.get(`:${parameter}`);
      const key = json === undefined ? undefined : keyTextOfJson(json);
      if (key === undefined) continue;
      const entity = entityKey(parameter, key);
      const positions = this.entities.get(entity);
      if (positions) positions.push(position);
      else this.entities.set(entity, [position]);
    }
  }

  private forget(): void {
    this.position = -1n;
    this.count = 0;
    this.seen.clear();
    this.entities.clear();
  }
}

function entityKey(parameter: string, key: string): string {
  return JSON.stringify([parameter, key]);
}

/** How many positions, in ascending order, lie before one. */
function countBefore(positions: readonly bigint[], position: bigint): number {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0n) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
