/** How many instances of a global class were made since, until `restore`. */
export interface MadeCount {
  readonly count: number;
  restore(): void;
}

/** Counts the instances of a global class that are made from now on. */
export function countMade(name: 'AbortController'): MadeCount {
  const real = globalThis[name] as new (...args: unknown[]) => object;
  let count = 0;
  const counting = new Proxy(real, {
    construct(target, args, newTarget) {
      count++;
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  Reflect.set(globalThis, name, counting);
  return {
    get count() {
      return count;
    },
    restore: () => void Reflect.set(globalThis, name, real),
  };
}
