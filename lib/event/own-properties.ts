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

/** Own properties that only code knows that has the symbol: nothing that is sent can name them. */
export function symbolsOf(object: object): symbol[] {
  const symbols = Object.getOwnPropertySymbols(object);
  if (symbols.length === 0) return symbols;
  return symbols.filter((symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol));
}

/** Whether a value is an object literal, or one without a prototype. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype, and that of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The class of an object, whatever its own property `constructor` is. */
export function classOf(value: object): unknown {
  return (Object.getPrototypeOf(value) as object | null)?.constructor;
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

/** Whether an object's classes have a getter or a method of that name, and no setter: nothing to be set. */
export function isComputed(object: object, name: string): boolean {
  const member = inheritedMember(object, name);
  return member !== undefined && !member.set && !(name in Object.prototype);
}

/** Whether a value is of a built-in class itself, of this realm or another one, and of no subclass. */
export function isExactly(value: unknown, type: { readonly name: string }): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const own = classOf(value);
  return typeof own === 'function' && own.name === type.name;
}
