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

/** Paths of every key that a configuration may hold. */
export function optionPaths(): string[] {
  return declaredNodes().map(({ path }) => path);
}

function* walk(schema: SchemaNode, path: string, parentUsed: boolean): Generator<DeclaredNode> {
  const facts = factsOf(schema);
  const used = parentUsed && facts?.used !== false;
  const group = groupOf(schema);
  yield { path, schema, facts, used, isSection: group?.properties !== undefined };

  const prefix = path === '' ? '' : `${path}.`;
  for (const [key, child] of Object.entries(group?.properties ?? {})) {
    // APIs have names of their own; their options are the same for each.
    const api = freeValueOf(child);
    if (api?.properties) yield* walk(api, `${prefix}${key}.<api>`, used);
    else yield* walk(child, prefix + key, used);
  }
}
