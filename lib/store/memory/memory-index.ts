import { keyTextOfJson } from '../../wire/entity-key.js';
import { parseStreamName } from '../../wire/stream-names.js';
import type { EntityRef, EventKeys } from '../entities.js';
import type { FlatFields } from '../entries.js';
import type { MemoryStream } from './memory-stream.js';

/** Which entries of a stream are about which entity: Redis has a hash for it. */
export class MemoryIndex {
  private position = -1n;
  private count = 0;
  /** By event: its parameters that were ever told, the current one last. */
  private readonly told = new Map<string, string[]>();
  private readonly seen = new Set<string>();
  private readonly entities = new Map<string, bigint[]>();
  private readonly apiName: string | undefined;

  constructor(
    name: string,
    private readonly stream: MemoryStream,
  ) {
    this.apiName = parseStreamName(name)?.apiName;
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

  /** Positions of the entity's events, all that are stored. */
  positionsOf({ parameter, key }: EntityRef): readonly bigint[] {
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
    if ((values.get('api_name') || this.apiName) !== this.apiName) return;
    const event = values.get('event_name') ?? '';
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
