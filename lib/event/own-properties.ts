/** Sets an own property as an object literal would: no setter runs, whatever the name. */
export function setOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/**
 * Own properties that are named like a member of every object: `constructor`, `toString`.
 * Libraries that look names up in plain objects take them for something else or skip them.
 */
export function namedLikeMembers(object: object): string[] {
  return Object.keys(object).filter((name) => name in Object.prototype);
}

/** Copies the {@link namedLikeMembers} that class-transformer has skipped; never `__proto__`. */
export function copySkipped(from: object, to: object): void {
  for (const name of namedLikeMembers(from)) {
    const value = (from as Record<string, unknown>)[name];
    if (name === '__proto__' || value === undefined || Object.hasOwn(to, name)) continue;
    setOwn(to, name, value);
  }
}

/** How an object's classes define a member: a method's value, or an accessor. Runs no getter. */
export function inheritedMember(object: object, name: string): PropertyDescriptor | undefined {
  let prototype = Object.getPrototypeOf(object) as object | null;
  while (prototype !== null) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (descriptor) return descriptor;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return undefined;
}
