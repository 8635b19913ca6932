import { inspect } from 'node:util';
import { InvalidOptionsError } from '../errors.js';
import { keyParameterOf } from '../event/entity.js';
import type { EventDefinition } from '../event/event.decorator.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { EntityRef, Expectation } from '../store/entities.js';
import { keyTextOf } from '../wire/entity-key.js';
import { requireEntityStream } from './entity-streams.js';
import type { FireRequest } from './fire-options.js';
import type { PreparedEvent } from './fired-message.js';

/** Text of an event's key, of what is sent. */
export function sentKeyOf(
  definition: EventDefinition,
  parameters: Readonly<Record<string, unknown>>,
): string | undefined {
  const parameter = keyParameterOf(definition);
  return parameter === undefined ? undefined : keyTextOf(parameters[parameter]);
}

/**
 * What must be true of the entity that events are about; `undefined` where nothing was asked for.
 *
 * @throws InvalidOptionsError where they are not about one, or that can't be had on their stream.
 */
export function expectationOf(
  events: readonly PreparedEvent[],
  { expectedVersion: version, decidedOn }: Pick<FireRequest, 'decidedOn' | 'expectedVersion'>,
  registry: EventRegistry,
): Expectation | undefined {
  if (version === undefined) return undefined;
  const entity = requireEntity(events);
  const keys = registry.keysOf(events[0]?.definition.apiName ?? '');
  return { keys, entity, version, last: decidedOn?.nativeId };
}

function requireEntity(events: readonly PreparedEvent[]): EntityRef {
  const [first] = events;
  if (!first) {
    throw new InvalidOptionsError(
      "'fireAll' was given an 'expectedVersion' and no events: nothing says which entity is meant. Leave out the call.",
    );
  }
  const { definition, target } = first;
  const entity = entityOf(first);
  requireEntityStream("'expectedVersion'", definition.apiName, target);
  for (const other of events) {
    const { parameter, key } = entityOf(other);
    const isSame =
      other.definition.apiName === definition.apiName &&
      parameter === entity.parameter &&
      key === entity.key;
    if (isSame) continue;
    throw new InvalidOptionsError(
      `Events under one 'expectedVersion' must all be about one entity: '${definition.canonicalName}' is about ` +
        `${describe(entity)}, '${other.definition.canonicalName}' about ` +
        `${describe({ parameter, key })}${other.definition.apiName === definition.apiName ? '' : ', of another API'}. ` +
        'Nothing was sent. Fire those of each entity apart.',
    );
  }
  return entity;
}

function entityOf({ definition, key, event }: PreparedEvent): EntityRef {
  const { canonicalName, type } = definition;
  const parameter = keyParameterOf(definition);
  if (parameter === undefined) {
    throw new InvalidOptionsError(
      `'${canonicalName}' was fired with an 'expectedVersion' and has no key: nothing says of which entity. Nothing was ` +
        `sent. Name the property in the @Event of ${type.name}: @Event('${canonicalName}', { key: 'orderId' }).`,
    );
  }
  if (key !== undefined) return { parameter, key };
  throw new InvalidOptionsError(
    `'${canonicalName}' was fired with an 'expectedVersion', and its key '${parameter}' is ` +
      `${inspect(event.parameters[parameter])}. Nothing was sent. A key is a text or a finite number.`,
  );
}

function describe({ parameter, key }: EntityRef): string {
  return `${parameter} '${key}'`;
}
