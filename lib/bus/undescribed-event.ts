import { encode, type EncodedEvent } from '../event/codec.js';
import type { EventDefinition } from '../event/event.decorator.js';
import { EventValidationError, type InvalidProperty } from '../fire-errors.js';
import type { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import { parse } from '../wire/json-reader.js';
import { stringify } from '../wire/json-writer.js';

/**
 * Encodes an event of which nothing here says what it must be: its class has no rules. Where another service has
 * published its schema, that decides; where none has, it may have no property, as with every class.
 *
 * @throws, or rejects with, EventValidationError, and what `encode` throws.
 */
export async function encodeUndescribed<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
  schemas: Pick<RemoteSchemas, 'validate'>,
): Promise<EncodedEvent<T>> {
  const encoded = await encode(definition, value, { validate: false });
  const found = await schemas.validate(definition, asReceived(encoded.parameters));
  if (found === undefined) return encode(definition, value, { validate: true });
  if (found.length > 0) throw invalid(definition, found);
  return encoded;
}

/** The parameters as every reader will find them. */
function asReceived(parameters: Record<string, unknown>): Record<string, unknown> {
  const sent = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent.map(([name, value]) => [name, parse(stringify(value, name))]));
}

function invalid(
  { canonicalName, apiName, type }: EventDefinition,
  properties: readonly InvalidProperty[],
): EventValidationError {
  const failures = properties.map(({ path, constraints }) => {
    const messages = Object.values(constraints).join(', ');
    return path ? `${path}: ${messages}` : messages;
  });
  return new EventValidationError(
    `'${canonicalName}' was not sent. ${type.name} has no rules of its own, so the schema that is published under ` +
      `'schema:${apiName}' decides (no property is allowed, where no other service has published one): ` +
      `${failures.join('; ')}. Decorators of class-validator are rules (@Allow() accepts any value).`,
    canonicalName,
    properties,
  );
}
