import type { Type } from '@nestjs/common';
import { isModelled, modelOf } from '../class-model.js';
import { typeFor } from '../property-type.js';

/** Whether an object of a class may hold another one of it, at whatever depth. */
export function holdsItself(type: Type<object>): boolean {
  const found = new Set<Type<object>>();
  const waiting = heldBy(type);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === type) return true;
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...heldBy(next));
  }
  return false;
}

function heldBy(type: Type<object>): Type<object>[] {
  return [...modelOf(type).properties.values()].flatMap((property) => {
    if (property.sentAs === undefined) return [];
    const { discriminator } = property;
    const types: unknown[] = discriminator
      ? discriminator.subTypes.map(({ value }) => value)
      : [typeFor(property)];
    return types.filter(isModelled);
  });
}
