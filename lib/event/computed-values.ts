import type { Type } from '@nestjs/common';
import { InstanceBuilder } from './instance-builder.js';
import { toPlain } from './plain-builder.js';

/**
 * Those of an instance's computed values (getters without a setter) that readers would not have: they are
 * not read, and what they are computed of is not sent. Another value than here may come of a clock.
 */
export function lostComputed(
  type: Type<object>,
  instance: object,
  names: readonly string[],
): string[] {
  if (names.length === 0) return [];
  const read = asRead(type, instance);
  return read ? names.filter((name) => valueOf(read, name) === undefined) : [];
}

function asRead(type: Type<object>, instance: object): object | undefined {
  try {
    return new InstanceBuilder('received').build(type, toPlain(instance));
  } catch {
    // What is not written, or not made, is told by whoever writes or makes it.
    return undefined;
  }
}

function valueOf(instance: object, name: string): unknown {
  try {
    return (instance as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
