import { isSameKey } from '../checks/nearest-key.js';
import { factsOf, type Facts } from './option.js';
import { rootOptions } from './root.options.js';
import { freeValueOf, groupOf, type SchemaNode } from './schema-node.js';

/** A node of the declaration with the place that it has in a configuration. */
export interface DeclaredNode {
  /** `apis.<api>.validate.outgoing` */
  readonly path: string;
  readonly schema: SchemaNode;
  readonly facts: Facts | undefined;
  /** Whether this module uses it; false also below a section that isn't used. */
  readonly used: boolean;
  /** Whether it is a group of options. */
  readonly isSection: boolean;
}

/** Every key that a configuration may hold, in the order of the declaration, parents first. */
export function declaredNodes(): DeclaredNode[] {
  return [...walk(rootOptions, '', true)].slice(1);
}

/** Where a key belongs that was put in the wrong section; the place nearest to where it stands. */
export function rightPlaceFor(path: readonly string[]): string | undefined {
  const key = path.at(-1) ?? '';
  const here = path.map((name, index) => (path[0] === 'apis' && index === 1 ? '<api>' : name));
  return declaredNodes()
    .map(({ path: place }) => place)
    .filter((place) => isSameKey(place.slice(place.lastIndexOf('.') + 1), key))
    .sort((left, right) => sharedStart(right, here) - sharedStart(left, here))[0];
}

function sharedStart(place: string, path: readonly string[]): number {
  const names = place.split('.');
  const end = names.findIndex((name, index) => name !== path[index]);
  return end < 0 ? names.length : end;
}

function* walk(schema: SchemaNode, path: string, parentUsed: boolean): Generator<DeclaredNode> {
  const facts = factsOf(schema);
  const used = parentUsed && facts?.used !== false;
  const children = childrenOf(schema);
  yield { path, schema, facts, used, isSection: children !== undefined };

  const prefix = path === '' ? '' : `${path}.`;
  for (const [key, child] of Object.entries(children ?? {})) yield* walk(child, prefix + key, used);
}

function childrenOf(schema: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  const group = groupOf(schema);
  const free = group && freeValueOf(group);
  // APIs have names of their own; their options are the same for each.
  return free?.properties ? { '<api>': free } : group?.properties;
}
