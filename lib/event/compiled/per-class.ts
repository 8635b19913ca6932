import type { Type } from '@nestjs/common';

/** What is made of a class once, when it is first asked for, and kept as long as the class. */
export function perClass<T>(make: (type: Type<object>) => T): (type: Type<object>) => T {
  const made = new WeakMap<Type<object>, T>();
  return (type) => {
    let one = made.get(type);
    if (one === undefined) {
      one = make(type);
      made.set(type, one);
    }
    return one;
  };
}

/**
 * What is made of the type that the function of a `@Type` gives: made again only where it gives another one
 * than the last time, as one that chooses by the object does.
 */
export function perType<T>(make: (type: unknown) => T): (type: unknown) => T {
  let last: { readonly type: unknown; readonly made: T } | undefined;
  return (type) => {
    if (last?.type !== type || last === undefined) last = { type, made: make(type) };
    return last.made;
  };
}
