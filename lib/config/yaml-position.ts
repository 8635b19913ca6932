import { isMap, isPair, isScalar, visit, type Document, type Node } from 'yaml';

/** Offset of the key at the end of a path, or of its deepest ancestor that the text holds. */
export function locateKey(document: Document, path: readonly string[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const name of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

/** Path of the key that stands at an offset; empty where none does. */
export function pathAt(document: Document, offset: number): string[] {
  let path: string[] = [];
  visit(document, {
    Pair(_index, pair, ancestors) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined;
      const pairs = [...ancestors.filter((node) => isPair(node)), pair];
      path = pairs.map(({ key }) => (isScalar(key) ? String(key.value) : '?'));
      return visit.BREAK;
    },
  });
  return path;
}
