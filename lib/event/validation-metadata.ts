import type { Type } from '@nestjs/common';
import type { EventDefinition } from './event.decorator.js';
import { getMetadataStorage } from './libraries.js';

/** Whether class-validator knows any rule for the class, its own or an inherited one. */
export function hasValidationMetadata(type: Type<object>): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
}

/** Events that are known to be described. What isn't may be still: decorators can be applied at any time. */
const described = new WeakSet<EventDefinition>();

/** Whether anything here says what an event must be: rules of its class, or the schema of `defineEvent`. */
export function describesItself(definition: EventDefinition): boolean {
  if (described.has(definition)) return true;
  const { validator, type } = definition;
  const isDescribed = validator !== undefined || hasValidationMetadata(type);
  if (isDescribed) described.add(definition);
  return isDescribed;
}

/** What to warn of at the start, where {@link hasValidationMetadata} is false for an event. */
export function missingValidationMetadata(type: Type<object>): string {
  const name = type.name;
  return (
    `class-validator knows no rule for the event class ${name}, so ${name} can only be fired ` +
    'without any property, unless its schema is on the bus. If it has properties, either (a) they have no class-validator ' +
    'decorators: add them (@Allow() accepts any value), or (b) two copies of class-validator are ' +
    'installed, and the decorators are known to the other one: check with ' +
    '`npm ls class-validator` and leave one.'
  );
}

/** The same for a class that a listener selects, where events are validated when they arrive. */
export function missingWhereReceived(type: Type<object>): string {
  return (
    `class-validator knows no rule for the class ${type.name} that a listener selects, and ` +
    'validate.incoming is on, so its events are validated by the schema that is on the bus, if there is one. Add ' +
    'decorators (@Allow() accepts any value), leave one copy of class-validator (npm ls class-validator), or turn ' +
    'validate.incoming off.'
  );
}
