import { Check } from 'typebox/schema';
import { describeFound, isPlainObject, shorten } from './describe-found.js';
import { describeType } from './describe-type.js';
import { maskText } from './mask.js';
import { nearestTo } from './nearest-key.js';
import { factsOf, type Violation } from '../options/option.js';
import { rightPlaceFor } from '../options/option-paths.js';
import { rootOptions } from '../options/root.options.js';
import { freeValueOf, groupOf, type SchemaNode } from '../options/schema-node.js';

/** One thing that is wrong with a value of a configuration. */
export interface Finding {
  /** Keys from the root down to the value. */
  readonly path: readonly string[];
  readonly expected: string;
  readonly found: string;
  readonly nearest?: string;
  /** Where in the text, if it is known: `line 14, column 9`. */
  readonly at?: string;
}

/** What {@link checkConfig} found out. */
export interface ConfigFindings {
  readonly findings: readonly Finding[];
  /** Paths of keys that Lightbus knows and this module does not use. */
  readonly unused: ReadonlyArray<readonly string[]>;
}

/** Checks a whole configuration against the declaration. Reports everything, never throws. */
export function checkConfig(config: unknown): ConfigFindings {
  const into: Collected = { findings: [], unused: [] };
  checkValue(rootOptions, config, [], into);
  return into;
}

interface Collected {
  readonly findings: Finding[];
  readonly unused: string[][];
}

function checkValue(schema: SchemaNode, value: unknown, path: string[], into: Collected): void {
  const facts = factsOf(schema);
  const unused = facts?.used === false && value !== null;
  if (unused) into.unused.push(path);

  if (facts?.isRenewable && typeof value === 'function') return;
  const group = groupOf(schema);
  if (group && isPlainObject(value)) {
    // A section that has no effect is named once, not with everything in it.
    checkKeys(group, value, path, unused ? { ...into, unused: [] } : into);
  } else if ((group && isOtherObject(value)) || !Check(schema, value)) {
    const found = describeFound(value, facts?.secret);
    into.findings.push({ path, expected: describeType(schema), found });
    return;
  }
  if (value === null) return;
  const violations = [facts?.rule?.(value as never) ?? []].flat();
  into.findings.push(...violations.map((violation) => asFinding(violation, value, path)));
}

function checkKeys(
  group: SchemaNode,
  value: Record<string, unknown>,
  path: string[],
  into: Collected,
): void {
  const known = group.properties ?? {};
  const other = freeValueOf(group);
  for (const key of Object.keys(value)) {
    const child = Object.hasOwn(known, key) ? known[key] : other;
    const childPath = [...path, shorten(maskText(key))];
    if (!child || key === '__proto__') into.findings.push(unknownKey(key, childPath, known));
    else if (value[key] !== undefined) checkValue(child, value[key], childPath, into);
  }
}

type Keys = NonNullable<SchemaNode['properties']>;

function unknownKey(key: string, path: string[], known: Keys): Finding {
  const siblings = Object.keys(known);
  return {
    path,
    expected: siblings.length > 0 ? `one of the keys ${siblings.join(', ')}` : 'no such key',
    found: `the unknown key '${shorten(maskText(key))}'`,
    nearest: nearestTo(key, siblings) ?? coveredBy(key, known) ?? rightPlaceFor(path),
  };
}

function coveredBy(key: string, known: Keys): string | undefined {
  return Object.keys(known).find((name) => {
    const option = known[name];
    return option && factsOf(option)?.covers?.includes(key);
  });
}

function asFinding(violation: Violation, value: unknown, path: string[]): Finding {
  return {
    path: [...path, ...(violation.path ?? []).map((key) => shorten(maskText(key)))],
    expected: violation.expected,
    found: violation.found ?? describeFound(value),
    nearest: violation.nearest,
  };
}

// Dates, maps and the like would pass for objects.
function isOtherObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isPlainObject(value);
}
