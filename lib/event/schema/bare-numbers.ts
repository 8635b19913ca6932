import type { Type } from '@nestjs/common';
import type { InvalidProperty } from '../../fire-errors.js';
import { parse } from '../../wire/json-reader.js';
import { stringify } from '../../wire/json-writer.js';
import { isModelled, modelOf, type PropertyModel } from '../class-model.js';
import { perClass } from '../compiled/per-class.js';
import { allowsNonFinite, nonFinite } from '../finite-numbers.js';
import { typeFor, type Rule } from '../property-type.js';
import { isNonFinite } from '../value-kinds.js';

/** A parameter, and the rules that may allow it numbers that JSON has not. */
interface MadeParameter {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/**
 * Numbers that JSON has not, in what getters and `@Transform` functions made of an event: nothing else looks at what
 * they give.
 *
 * @param parameters as they are written, by their names on the wire.
 */
export function findBareNumbers(
  type: Type<object>,
  parameters: Readonly<Record<string, unknown>>,
): InvalidProperty[] {
  return madeParametersOf(type).flatMap(({ name, rules }) => {
    const value = parameters[name];
    if (typeof value !== 'object' && !isNonFinite(value)) return [];
    const found: InvalidProperty[] = [];
    collect(writtenForm(value), [name], rules, found);
    return found;
  });
}

/** Whether nothing of a class is made by getters or `@Transform` functions. */
export function isAsDeclared(type: Type<object>): boolean {
  return madeParametersOf(type).length === 0;
}

const madeParametersOf = perClass((type): MadeParameter[] =>
  [...modelOf(type).properties.values()].flatMap((property) => {
    const { sentAs } = property;
    const all = sentAs === undefined ? [] : propertiesIn(property, type);
    if (sentAs === undefined || !all.some(([owner, one]) => isMade(owner, one))) return [];
    return [{ name: sentAs, rules: all.flatMap(([, { rules }]) => rules) }];
  }),
);

/** A property, and those of the objects in it, each with its class. */
function propertiesIn(
  property: PropertyModel,
  owner: Type<object>,
): (readonly [Type<object>, PropertyModel])[] {
  const found: (readonly [Type<object>, PropertyModel])[] = [[owner, property]];
  const seen = new Set<unknown>();
  // What is added meanwhile is looked at, too.
  for (const [, one] of found) {
    const types = one.discriminator?.subTypes.map(({ value }) => value) ?? [typeFor(one)];
    for (const type of types) {
      if (seen.has(type) || !isModelled(type)) continue;
      seen.add(type);
      for (const inner of modelOf(type).properties.values()) found.push([type, inner]);
    }
  }
  return found;
}

function isMade(owner: Type<object>, property: PropertyModel): boolean {
  const { toPlain, toClass } = property;
  return toPlain.length > 0 || toClass.length > 0 || modelOf(owner).computed.includes(property);
}

// What can't be written is refused where it is written.
function writtenForm(value: unknown): unknown {
  try {
    return parse(stringify(value));
  } catch {
    return undefined;
  }
}

function collect(
  value: unknown,
  path: readonly string[],
  rules: readonly Rule[],
  found: InvalidProperty[],
): void {
  if (isNonFinite(value) && !allowsNonFinite(rules, value)) found.push(nonFinite(path, value));
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) collect(item, [...path, name], rules, found);
}
