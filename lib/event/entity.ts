import { EventDefinitionError } from '../errors.js';
import { modelOf } from './class-model.js';
import type { EventDefinition } from './event.decorator.js';

/**
 * The parameter that says which entity an event is about: the name on the wire of the property that its `@Event`
 * names as `key`.
 *
 * @returns `undefined` for an event without a key.
 * @throws EventDefinitionError where that property is not sent.
 */
export function keyParameterOf({ key, type, canonicalName }: EventDefinition): string | undefined {
  if (key === undefined) return undefined;
  const model = modelOf(type);
  const property = model.properties.get(key);
  const parameter = property ? property.sentAs : model.isClosed ? undefined : key;
  if (parameter !== undefined) return parameter;
  throw new EventDefinitionError(
    `'${canonicalName}' has the key '${key}', and ${type.name} does not send that property (@Exclude, @Expose). ` +
      'What is not stored can say of no event which entity it is about.',
  );
}
