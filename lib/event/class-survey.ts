import type { Type } from '@nestjs/common';
import { isModelled, makeEmpty, modelOf, type ClassModel } from './class-model.js';
import type { EventDefinition } from './event.decorator.js';
import { surveyProperty, type ClassUse } from './property-survey.js';
import { reasonOf } from './reason.js';
import {
  hasValidationMetadata,
  missingValidationMetadata,
  missingWhereReceived,
} from './validation-metadata.js';

/** What to warn of at the start about a class whose events are fired here. */
export function warningsOfFired({ type, canonicalName }: EventDefinition): string[] {
  const findings = surveyClass(type, 'fired');
  return [
    ...(hasValidationMetadata(type) ? [] : [missingValidationMetadata(type)]),
    ...(findings.length === 0
      ? []
      : [
          `Events '${canonicalName}' would not come back as they were fired, or are refused: ` +
            `${findings.join('; ')}.`,
        ]),
  ];
}

/**
 * What to warn of at the start about a class that listeners select, of events that others fire.
 *
 * @param options as for the API: whether events are cast to the class, and whether they are validated.
 */
export function warningsOfReceived(
  { type, canonicalName }: EventDefinition,
  options: { readonly cast: boolean; readonly validate: boolean },
): string[] {
  const findings = options.cast ? surveyClass(type, 'received') : [];
  return [
    ...(options.validate && !hasValidationMetadata(type) ? [missingWhereReceived(type)] : []),
    ...(findings.length === 0
      ? []
      : [
          `Listeners of '${canonicalName}' don't get what their class ${type.name} says: ` +
            `${findings.join('; ')}.`,
        ]),
  ];
}

/**
 * What of a class's instances would not come back from the bus as it was, each with a remedy; of the
 * classes inside, too. Empty for a class that is written and read without loss.
 */
export function surveyClass(type: Type<object>, use: ClassUse = 'fired'): string[] {
  const seen = new Set<Type<object>>();
  const findings: string[] = [];
  const visit = (one: Type<object>): void => {
    if (seen.has(one)) return;
    seen.add(one);
    const model = modelOf(one);
    findings.push(...surveyConstructor(model, use), ...surveyNames(model, use));
    for (const property of model.properties.values()) {
      const { findings: found, inner } = surveyProperty(model, property, use);
      findings.push(...found);
      inner.forEach(visit);
    }
  };
  if (use === 'fired' && !isModelled(type)) findings.push(describeNotModelled(type));
  visit(type);
  return findings;
}

/** Why instances of a class are never taken for events, and what to do. */
export function describeNotModelled(type: Type<object>): string {
  const hasToJson = typeof (type.prototype as { toJSON?: unknown } | null)?.toJSON === 'function';
  return hasToJson
    ? `${type.name} has a method toJSON(), so that nobody could know its properties: remove it, and say ` +
        'with @Expose, @Exclude and @Transform how they are written'
    : `${type.name} extends a class of the language, whose instances are more than their properties: ` +
        'let it extend none';
}

function surveyConstructor({ type, properties }: ClassModel, use: ClassUse): string[] {
  let made: object;
  try {
    made = makeEmpty(type);
    if (made === makeEmpty(type)) throw new Error('it makes the same instance again');
  } catch (error) {
    return [
      `${type.name} can't be made without arguments (${reasonOf(error)}), as readers make it: ` +
        'let its constructor work without any, and make a new object that can be filled',
    ];
  }
  if (use === 'received' || !hasValidationMetadata(type)) return [];
  return Object.entries(made)
    .filter(([name, value]) => value !== undefined && !properties.get(name)?.rules.length)
    .map(
      ([name]) =>
        `${type.name}.${name} has a value from the start and no class-validator decorator, so that ` +
        'every instance is refused: add @Allow(), or make it private with #',
    );
}

function surveyNames(model: ClassModel, use: ClassUse): string[] {
  const all = [...model.properties.values()];
  const wireName = use === 'fired' ? 'sentAs' : 'readFrom';
  const verb = use === 'fired' ? 'sent as' : 'read from';
  return all.flatMap((property) => {
    const wire = property[wireName];
    if (wire === undefined) return [];
    const name = `${model.type.name}.${property.property}`;
    if (wire === '__proto__' || (property.rules.length > 0 && property.property in {})) {
      return [`${name} is named like a member of every object: give it another name`];
    }
    const namesake = all.find((other) => other !== property && other[wireName] === wire);
    if (namesake) {
      return [
        `${name} is ${verb} '${wire}', and so is ${namesake.property}: ` +
          'give each a name of its own (@Expose({ name }))',
      ];
    }
    if (use === 'received' || model.byWireName.get(wire) === property) return [];
    if (model.computed.includes(property)) return [];
    const { readFrom } = property;
    const how = readFrom === undefined ? 'not read' : `read from '${readFrom}'`;
    return [
      `${name} is sent as '${wire}' and ${how}: let @Expose and @Exclude say the same in both ` +
        'directions (no toClassOnly, no toPlainOnly)',
    ];
  });
}
