import type { Type } from '@nestjs/common';
import { hasModel, isModelled, modelOf, type PropertyModel } from './class-model.js';
import { needsConstructor } from './accessors.js';
import { brokenSetters, makeEmpty } from './empty-instance.js';
import { reasonOf } from './reason.js';
import { unusableName } from './rule-gaps.js';
import { kindOf } from './value-kinds.js';

/**
 * What of a class's instances would not come back from the bus as it was, each with a remedy; of the
 * classes inside, too. Empty for a class that is written and read without loss.
 */
export function surveyClass(type: Type<object>): string[] {
  return classesIn(type).flatMap((one) => [
    ...surveyConstructor(one),
    ...surveyNames(one),
    ...[...modelOf(one).properties.values()].flatMap((property) => surveyTypes(one, property)),
  ]);
}

/** Properties of a class, and of the classes inside, that class-validator can't validate, and why. */
export function findUnusable(type: Type<object>): { path: string; fault: string }[] {
  return classesIn(type).flatMap((one) =>
    [...modelOf(one).properties.values()].flatMap(({ property, rules }) => {
      const fault = rules.length > 0 ? unusableName(property) : undefined;
      if (fault === undefined) return [];
      return [{ path: one === type ? property : `${one.name}.${property}`, fault }];
    }),
  );
}

/** The class itself, and those of the objects in it. */
function classesIn(type: Type<object>): Type<object>[] {
  const found = new Set([type]);
  // A Set gives what is added meanwhile, too.
  for (const one of found) {
    for (const property of modelOf(one).properties.values()) {
      if (property.sentAs === undefined || isTransformed(property)) continue;
      for (const inner of typesOf(property)) if (isModelled(inner)) found.add(inner);
    }
  }
  return [...found];
}

function surveyTypes(owner: Type<object>, property: PropertyModel): string[] {
  if (property.sentAs === undefined || isTransformed(property)) return [];
  const findings = typesOf(property).map((type) =>
    surveyType(`${owner.name}.${property.property}`, property, type),
  );
  return findings.filter((finding) => finding !== undefined);
}

function surveyConstructor(type: Type<object>): string[] {
  const { name } = type;
  if (!hasModel(type)) {
    return [`${name} extends a built-in class, which nobody could read again: extend none`];
  }
  const made = makeEmpty(type);
  if ('failure' in made) {
    return [
      `${type.name} can't be made without arguments (${reasonOf(made.failure)}), so readers make it ` +
        'without its constructor: let its constructor work without any',
    ];
  }
  // A class that freezes what its constructor makes.
  const [setter] = brokenSetters(type);
  return setter === undefined
    ? []
    : [`${type.name}.${setter} can't be set, as ${needsConstructor(type)}: let it freeze nothing`];
}

function surveyNames(type: Type<object>): string[] {
  const { properties, byWireName } = modelOf(type);
  const sent = [...properties.values()].filter(({ sentAs }) => sentAs !== undefined);
  return sent.flatMap(({ property, sentAs, readFrom, rules }) => {
    const name = `${type.name}.${property}`;
    const fault = unusableName(property);
    if (fault !== undefined && rules.length > 0) return [`${name} ${fault}`];
    const namesake = sent.find((other) => other.sentAs === sentAs && other.property !== property);
    if (namesake) {
      return [
        `${name} is sent as '${sentAs}', and so is ${namesake.property}: ` +
          'give each a name of its own (@Expose({ name }))',
      ];
    }
    if (byWireName.get(sentAs ?? '')?.property === property || isComputed(type, property))
      return [];
    const how = readFrom === undefined ? 'not read' : `read from '${readFrom}'`;
    return [
      `${name} is sent as '${sentAs}' and ${how}: let @Expose and @Exclude say the same in both ` +
        'directions (no toClassOnly, no toPlainOnly)',
    ];
  });
}

function surveyType(name: string, { rules }: PropertyModel, type: unknown): string | undefined {
  if (kindOf(type)) return undefined;
  if (typeof type !== 'function' || type === Object) {
    const isNested = rules.some((rule) => rule.type === 'nestedValidation');
    return isNested
      ? `nothing says of which class the objects in ${name} are: add @Type(() => ...)`
      : undefined;
  }
  if (isModelled(type)) return undefined;
  return (
    `${name} is a ${type.name}, and nobody could read it again: say how with ` +
    '@Transform(({ value }) => ..., { toClassOnly: true }), and if it has no toJSON(), how it is ' +
    'written with { toPlainOnly: true }'
  );
}

function typesOf(property: PropertyModel): unknown[] {
  if (property.discriminator) return property.discriminator.subTypes.map(({ value }) => value);
  try {
    return [property.typeOf()];
  } catch {
    // The function of a @Type that needs an object to tell it from.
    return [];
  }
}

function isTransformed({ toClass, toPlain }: PropertyModel): boolean {
  return toClass.length > 0 || toPlain.length > 0;
}

function isComputed(type: Type<object>, property: string): boolean {
  return modelOf(type).computed.some((model) => model.property === property);
}
