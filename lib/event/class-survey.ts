import type { Type } from '@nestjs/common';
import { needsConstructor } from './accessors.js';
import { hasModel, modelOf, type ClassModel } from './class-model.js';
import { brokenSetters, makeEmpty } from './empty-instance.js';
import type { EventDefinition } from './event.decorator.js';
import { surveyProperty, type ClassUse } from './property-survey.js';
import { reasonOf } from './reason.js';
import { classSchemaOf } from './schema/class-schema.js';
import { unusableName } from './rule-gaps.js';
import {
  hasValidationMetadata,
  missingValidationMetadata,
  missingWhereReceived,
} from './validation-metadata.js';

/** What to warn of at the start about a class whose events are fired here. */
export function warningsOfFired({ type, canonicalName, validator }: EventDefinition): string[] {
  if (validator) return [...validator.warnings()];
  const findings = surveyClass(type, 'fired');
  const { unsaid } = classSchemaOf(type);
  return [
    ...(hasValidationMetadata(type) ? [] : [missingValidationMetadata(type)]),
    ...(findings.length === 0
      ? []
      : [
          `Events '${canonicalName}' would not come back as they were fired, or are refused: ` +
            `${findings.join('; ')}.`,
        ]),
    ...(unsaid.length === 0
      ? []
      : [
          `The published schema of '${canonicalName}' can't say all that is refused when it is fired: ` +
            `${unsaid.join('; ')}. Say it with @JsonSchema({ ... }) on the property.`,
        ]),
  ];
}

/**
 * What to warn of at the start about a class that listeners select, of events that others fire.
 *
 * @param options as for the API: whether events are cast to the class, and whether they are validated.
 */
export function warningsOfReceived(
  { type, canonicalName, validator }: EventDefinition,
  options: { readonly cast: boolean; readonly validate: boolean },
): string[] {
  if (validator) return [];
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
  return classesIn(type, use).flatMap((one) => {
    const model = modelOf(one);
    const properties = [...model.properties.values()];
    return [
      ...surveyConstructor(model, use),
      ...surveyNames(model, use),
      ...properties.flatMap((property) => surveyProperty(model, property, use).findings),
    ];
  });
}

/** Properties of a class, and of the classes inside, that class-validator can't validate, and why. */
export function findUnusable(type: Type<object>): { path: string; fault: string }[] {
  return classesIn(type, 'fired').flatMap((one) =>
    [...modelOf(one).properties.values()].flatMap(({ property, rules }) => {
      const fault = rules.length > 0 ? unusableName(property) : undefined;
      if (fault === undefined) return [];
      return [{ path: one === type ? property : `${one.name}.${property}`, fault }];
    }),
  );
}

/** The class itself, and those of the objects in it. */
function classesIn(type: Type<object>, use: ClassUse): Type<object>[] {
  const found = new Set([type]);
  // A Set gives what is added meanwhile, too.
  for (const one of found) {
    const model = modelOf(one);
    for (const property of model.properties.values()) {
      for (const inner of surveyProperty(model, property, use).inner) found.add(inner);
    }
  }
  return [...found];
}

function surveyConstructor({ type, properties }: ClassModel, use: ClassUse): string[] {
  const { name: className } = type;
  if (!hasModel(type)) {
    return [`${className} extends a built-in class, which nobody could read again: extend none`];
  }
  const made = makeEmpty(type);
  if ('failure' in made) {
    return [
      `${type.name} can't be made without arguments (${reasonOf(made.failure)}), so readers make it ` +
        'without its constructor: let its constructor work without any, and make a new object',
    ];
  }
  // A class that freezes what its constructor makes.
  const [setter] = brokenSetters(type);
  if (setter !== undefined) {
    return [
      `${type.name}.${setter} can't be set, as ${needsConstructor(type)}: let it freeze nothing`,
    ];
  }
  if (use === 'received' || !hasValidationMetadata(type)) return [];
  const isKnown = (name: string): boolean => {
    const property = properties.get(name);
    return property !== undefined && (property.rules.length > 0 || property.sentAs === undefined);
  };
  return Object.entries(made.instance)
    .filter(([name, value]) => value !== undefined && !isKnown(name))
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
    if (wire === '__proto__') return [`${name} is sent as '__proto__': give it another name`];
    if (/\p{Surrogate}/u.test(wire)) {
      return [`${name} is ${verb} a name with half of a surrogate pair: give it another one`];
    }
    const fault = property.rules.length > 0 ? unusableName(property.property) : undefined;
    if (fault !== undefined) return [`${name} ${fault}`];
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
