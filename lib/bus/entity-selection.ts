import { InvalidOptionsError } from '../errors.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { EventKeys } from '../store/entities.js';
import type { EntityQuery } from '../store/history-source.js';
import type { ApiStore } from '../store/stores.js';
import { requireEntityStream } from './entity-streams.js';
import type { SelectedEvent } from './selected-events.js';

/** Which entity's events a history with `key` has. */
export class EntitySelection {
  private readonly apiName: string;
  /** What this service knows. */
  private readonly ours: EventKeys;

  /** @throws InvalidOptionsError where it is known already that there is none. */
  constructor(
    private readonly selected: readonly SelectedEvent[],
    private readonly key: string,
    private readonly target: (apiName: string) => ApiStore,
    registry: Pick<EventRegistry, 'keysOf'>,
  ) {
    const apiNames = [...new Set(selected.map(({ apiName }) => apiName))];
    if (apiNames.length > 1) {
      throw this.refused(
        `events of ${list(apiNames)} are selected, and an entity belongs to one API. Read one after the other`,
      );
    }
    this.apiName = apiNames[0] ?? '';
    requireEntityStream('history(..., { key })', this.apiName, target(this.apiName));
    this.ours = registry.keysOf(this.apiName);
    this.refuseSeveral(this.ours);
  }

  /**
   * Which entity that is, by what all services have told of their events.
   *
   * @throws InvalidOptionsError where no selected event has a key, or some have another than others.
   */
  async query(stream: string): Promise<EntityQuery> {
    const known = await this.target(this.apiName).store.eventKeys(stream, this.ours);
    const [parameter] = this.refuseSeveral(known);
    if (parameter !== undefined) {
      // All that is known, so that an index that is deleted while this is read knows it again.
      return { keys: known, entity: { parameter, key: this.key } };
    }
    const types = this.selected.flatMap(({ type }) => type?.name ?? []);
    const names = types.length > 0 ? types.join(', ') : 'their classes';
    throw this.refused(
      `none of the selected events (${list(this.selected.map(nameOf))}) is known to have a key. Name it, ` +
        "@Event('...', { key: '...' }), and have the service that they belong to register " +
        `${names} with LightbusModule.forFeature: events of classes that no service has registered belong to no entity`,
    );
  }

  private refuseSeveral(known: EventKeys): string[] {
    const isSelected = (event: string) =>
      this.selected.some(({ eventName }) => eventName === '*' || eventName === event);
    const byParameter = new Map<string, string[]>();
    for (const [event, parameter] of known) {
      if (!isSelected(event)) continue;
      byParameter.set(parameter, [...(byParameter.get(parameter) ?? []), event]);
    }
    if (byParameter.size > 1) {
      const kinds = [...byParameter].map(([parameter, events]) => {
        return `'${parameter}' (${events.map((event) => `${this.apiName}.${event}`).join(', ')})`;
      });
      throw this.refused(
        `the selected events are about different kinds of entities, by their keys ${kinds.join(' and ')}. ` +
          'Select events of one of them',
      );
    }
    return [...byParameter.keys()];
  }

  private refused(reason: string): InvalidOptionsError {
    return new InvalidOptionsError(
      `The history of the entity '${this.key}' can't be read: ${reason}.`,
    );
  }
}

function nameOf({ apiName, eventName }: SelectedEvent): string {
  return `${apiName}.${eventName}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
