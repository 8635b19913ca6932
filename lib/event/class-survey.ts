import type { Type } from '@nestjs/common';
import { isModelled, makeEmpty, modelOf, type PropertyModel } from './class-model.js';
import { reasonOf } from './reason.js';
import { kindOf } from './value-kinds.js';

/**
 * What of a class's instances would not come back from the bus as it was, each with a remedy; of the
 * classes inside, too. Empty for a class that is written and read without loss.
 */
export function surveyClass(type: Type<object>): string[] {
  const seen = new Set<Type<object>>();
  const findings: string[] = [];
  const visit = (one: Type<object>): void => {
    if (seen.has(one)) return;
    seen.add(one);
    findings.push(...surveyConstructor(one), ...surveyNames(one));
    for (const property of modelOf(one).properties.values()) {
      if (property.sentAs === undefined || isTransformed(property)) continue;
      const name = `${one.name}.${property.property}`;
      for (const inner of typesOf(property)) {
        const finding = surveyType(name, property, inner);
        if (finding !== undefined) findings.push(finding);
        else if (isModelled(inner)) visit(inner);
      }
    }
  };
  visit(type);
  return findings;
}

function surveyConstructor(type: Type<object>): string[] {
  try {
    makeEmpty(type);
    return [];
  } catch (error) {
    return [
      `${type.name} can't be made without arguments (${reasonOf(error)}), as readers make it: ` +
        'let its constructor work without any',
    ];
  }
}

function surveyNames(type: Type<object>): string[] {
  const { properties, byWireName } = modelOf(type);
  const sent = [...properties.values()].filter(({ sentAs }) => sentAs !== undefined);
  return sent.flatMap(({ property, sentAs, readFrom }) => {
    const name = `${type.name}.${property}`;
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
