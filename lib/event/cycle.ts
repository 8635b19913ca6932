interface Level {
  readonly object: object;
  /** What it holds and has not been looked at; the next one is the last. */
  readonly rest: (readonly [string, unknown])[];
  key?: string;
}

/**
 * Where an object contains itself, as a dotted path: `order.customer.orders.0`. Takes no more of the call
 * stack for values that are nested deeply.
 *
 * @returns undefined where none does.
 */
export function pathOfCycle(value: object): string | undefined {
  const seen = new Set<object>([value]);
  const levels: Level[] = [{ object: value, rest: contentsOf(value) }];
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.rest.pop();
    if (next === undefined) {
      levels.pop();
      continue;
    }
    const [key, item] = next;
    level.key = key;
    if (typeof item !== 'object' || item === null) continue;
    if (levels.some(({ object }) => object === item))
      return levels.map((each) => each.key).join('.');
    if (seen.has(item)) continue;
    seen.add(item);
    levels.push({ object: item, rest: contentsOf(item) });
  }
  return undefined;
}

/**
 * Where an object can't be read, as a getter or a proxy throws: the dotted path of what holds it, empty
 * for the object itself.
 *
 * @returns undefined where all can be read.
 */
export function pathOfUnreadable(value: object): string | undefined {
  const seen = new Set<object>([value]);
  const rest: (readonly [string, object])[] = [['', value]];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [path, object] = next;
    try {
      for (const [key, item] of contentsOf(object)) {
        if (typeof item !== 'object' || item === null || seen.has(item)) continue;
        seen.add(item);
        rest.push([path ? `${path}.${key}` : key, item]);
      }
    } catch {
      return path;
    }
  }
  return undefined;
}

function contentsOf(value: object): (readonly [string, unknown])[] {
  if (ArrayBuffer.isView(value)) return [];
  if (value instanceof Map) {
    return [...value].map(([key, item]: [unknown, unknown]) => [String(key), item] as const);
  }
  return Object.entries(value instanceof Set ? [...value] : value);
}
