import type { Type } from '@nestjs/common';
import { isModelled, type ClassModel, type PropertyModel } from './class-model.js';
import { hasDefault } from './empty-instance.js';
import { isComputed } from './own-properties.js';
import type { Rule } from './property-type.js';
import { hasValidationMetadata } from './validation-metadata.js';
import { kindOf } from './value-kinds.js';

/** Whether instances of a class are fired and read again, or only made of what others fired. */
export type ClassUse = 'fired' | 'received';

/** What is found of a property, and the classes of the objects that it holds. */
export interface PropertySurvey {
  readonly findings: readonly string[];
  readonly inner: readonly Type<object>[];
}

const NOTHING: PropertySurvey = { findings: [], inner: [] };

/** What of a property's values would not come back, or is refused whatever they are, with a remedy. */
export function surveyProperty(
  model: ClassModel,
  property: PropertyModel,
  use: ClassUse,
): PropertySurvey {
  const name = `${model.type.name}.${property.property}`;
  const { sentAs, readFrom, toClass, toPlain } = property;
  if (use === 'received') {
    if (readFrom === undefined || toClass.length > 0) return NOTHING;
  } else if (sentAs === undefined) {
    return { findings: surveyUnsent(name, model, property), inner: [] };
  }
  const sample = Object.create(model.type.prototype as object) as object;
  const types = isComputed(sample, property.property) ? [] : typesOf(property);
  const isTransformed = toClass.length > 0 || (use === 'fired' && toPlain.length > 0);
  const inner = isTransformed ? [] : types.filter(isModelled);
  return {
    findings: [
      ...surveyLabels(name, property),
      ...types.flatMap((type) => surveyType(name, property, type, use)),
      ...(use === 'fired' ? types.flatMap((type) => surveyRules(name, property, type)) : []),
    ],
    inner,
  };
}

function surveyType(
  name: string,
  { rules, toClass, toPlain }: PropertyModel,
  type: unknown,
  use: ClassUse,
): string[] {
  if (kindOf(type) || isModelled(type)) return [];
  if (typeof type !== 'function' || type === Object) {
    const isNested = rules.some((rule) => rule.type === 'nestedValidation');
    return isNested && toClass.length === 0 && toPlain.length === 0
      ? [`nothing says of which class the objects in ${name} are: add @Type(() => ...)`]
      : [];
  }
  const hasToJson = typeof (type.prototype as { toJSON?: unknown } | null)?.toJSON === 'function';
  const remedies = [
    ...(toClass.length === 0
      ? ['read again: say how with @Transform(..., { toClassOnly: true })']
      : []),
    ...(use === 'fired' && toPlain.length === 0 && !hasToJson
      ? ['written as JSON: say how with @Transform(..., { toPlainOnly: true }) or a toJSON()']
      : []),
  ];
  return remedies.length === 0
    ? []
    : [`${name} is a ${type.name}, which can't be ${remedies.join(', nor ')}`];
}

/** Two classes of one name: the second is read as the first. */
function surveyLabels(name: string, { discriminator }: PropertyModel): string[] {
  const subTypes = discriminator?.subTypes ?? [];
  const twice = subTypes.filter((one) =>
    subTypes.some((other) => other.name === one.name && other.value !== one.value),
  );
  if (twice.length === 0) return [];
  const classes = twice.map(({ value }) => value.name).join(' and ');
  return [`${name} has one discriminator name for ${classes}: give each a name of its own`];
}

/** What is not sent is missing where the event is read: with `validate.incoming`, it is set aside there. */
function surveyUnsent(name: string, { type }: ClassModel, property: PropertyModel): string[] {
  const { rules } = property;
  const isRequired =
    rules.some((rule) => rule.type !== 'whitelistValidation' && !rule.validateIf) &&
    !rules.some((rule) => rule.type === 'conditionalValidation') &&
    !hasDefault(type, property.property) &&
    !(property.property in (type.prototype as object));
  return isRequired
    ? [
        `${name} is not sent (@Exclude, @Expose), and required where the event is read: add @IsOptional()`,
      ]
    : [];
}

/** What each value of some rules is; others take several kinds. */
const TAKES: Readonly<Record<string, unknown>> = {
  ...{ isDate: Date, minDate: Date, maxDate: Date, isBoolean: Boolean },
  ...{ isString: String, isDateString: String, isIso8601: String, isRfc3339: String },
  ...{ isInt: Number, isNumber: Number, isPositive: Number, isNegative: Number },
};

/** Rules that no value can satisfy. */
function surveyRules(name: string, property: PropertyModel, type: unknown): string[] {
  const { rules, shape } = property;
  const kind = kindOf(type);
  if (kind) {
    const isAboutEach = (rule: Rule) => shape !== 'any' && rule.each === (shape !== 'single');
    return rules
      .filter((rule) => !rule.validateIf && isAboutEach(rule))
      .filter(({ name: rule = '' }) => Object.hasOwn(TAKES, rule) && kindOf(TAKES[rule]) !== kind)
      .map(
        ({ name: rule }) =>
          `${name} is ${kind.name}, and its rule ${String(rule)} takes none, so that every value is ` +
          'refused: declare the one or the other',
      );
  }
  const isNested = rules.some((rule) => rule.type === 'nestedValidation');
  if (!isNested || !isModelled(type) || hasValidationMetadata(type)) return [];
  return [
    `class-validator knows no rule for ${type.name}, so that every ${name} with a property is refused: ` +
      `decorate the properties of ${type.name} (@Allow() accepts any value)`,
  ];
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
