import { isMap, isPair, isScalar, visit, type Document, type Node, type Pair } from 'yaml';

/** A key that stands a second time in one object. */
export interface DuplicateKey {
  readonly path: readonly string[];
  /** Offset in the text. */
  readonly offset: number;
}

/** Offset of the key at the end of a path, or of its deepest ancestor that the text holds. */
export function locateKey(document: Document, path: readonly string[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const name of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => nameOf(item) === name);
    if (!pair) break;
    offset = offsetOf(pair.key) ?? offset;
    node = pair.value;
  }
  return offset;
}

/** Keys that stand more than once. The parser's own search takes quadratic time. */
export function duplicateKeys(document: Document): DuplicateKey[] {
  const duplicates: DuplicateKey[] = [];
  visit(document, {
    Map(_key, map, ancestors) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const name = nameOf(pair);
        // Merge keys may be repeated.
        if (name === undefined || name === '<<') continue;
        if (seen.has(name)) {
          const path = [...ancestors.filter((node) => isPair(node)).map(nameOf), name];
          duplicates.push({ path: path.map(String), offset: offsetOf(pair.key) ?? 0 });
        }
        seen.add(name);
      }
    },
  });
  return duplicates;
}

/** Offset of an alias that has no anchor, if there is one. */
export function unresolvedAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return undefined;
      offset = offsetOf(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function nameOf({ key }: Pair): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}
