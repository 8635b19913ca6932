import type { Unfit } from './unfit.js';

/** What arktype says of a type in JSON: a name, one of several, or a node. */
type Node = Readonly<Record<string, unknown>>;

/** What arktype keeps of a type. */
interface ArkType {
  readonly json?: unknown;
  readonly includesTransform?: boolean;
}

/** Where nodes hold others about the same value, and about its items. */
const SAME = ['in', 'branches'];
const ITEMS = ['sequence', 'prefix', 'variadic', 'postfix', 'optionals', 'defaultables'];

/** What of a type of arktype is unfit for an event; `undefined` where it does not say how it is made. */
export function findInArkType(schema: unknown): Unfit[] | undefined {
  const { json, includesTransform } = schema as ArkType;
  if (json === undefined) return undefined;
  const found: Unfit[] = [];
  const seen = { takesOut: false };
  visit(json, [], found, seen);
  // To take out unknown properties is one, too; and fire refuses those.
  const isElsewhere = includesTransform === true && !seen.takesOut;
  if (isElsewhere && !found.some(({ how }) => how === 'changes')) {
    found.push({ path: [], what: 'a transform', how: 'changes' });
  }
  return found;
}

function visit(
  node: unknown,
  path: readonly string[],
  found: Unfit[],
  seen: { takesOut: boolean },
): void {
  if (typeof node === 'string') {
    visitName(node, path, found);
    return;
  }
  if (Array.isArray(node)) {
    for (const one of node) visit(one, path, found, seen);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { morphs, undeclared, domain, proto, unit, required, optional, index } = node as Node;
  if (Array.isArray(morphs)) found.push({ path, what: 'a transform (morph)', how: 'changes' });
  if (undeclared === 'delete') seen.takesOut = true;
  visitName(nameIn(domain, 'domain'), path, found);
  visitName(nameIn(proto, 'proto'), path, found);
  if (unit === 'NaN') found.push({ path, what: 'NaN', how: 'uncarried' });
  for (const property of [required, optional].flat() as (Node | undefined)[]) {
    if (property === undefined) continue;
    const at = [...path, String(property.key)];
    if (Object.hasOwn(property, 'default'))
      found.push({ path: at, what: 'a default', how: 'changes' });
    visit(property.value, at, found, seen);
  }
  for (const one of [index].flat() as (Node | undefined)[]) {
    if (one !== undefined) visit(one.value, [...path, '[]'], found, seen);
  }
  for (const member of SAME) visit((node as Node)[member], path, found, seen);
  for (const member of ITEMS) visit((node as Node)[member], [...path, '[]'], found, seen);
}

function nameIn(value: unknown, member: string): string {
  const inner = typeof value === 'object' && value !== null ? (value as Node)[member] : value;
  return typeof inner === 'string' ? inner : '';
}

/** Names of domains are in lower case, names of classes are not; `$` begins references. */
function visitName(name: string, path: readonly string[], found: Unfit[]): void {
  const isClass = /^[A-Z]/.test(name) && name !== 'Array' && name !== 'Object';
  if (!isClass && name !== 'bigint' && name !== 'symbol') return;
  found.push({ path, what: `a ${name}`, how: 'uncarried' });
}
