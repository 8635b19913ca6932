import type { Rule } from '../property-type.js';
import { NOTHING } from './json-schema.js';
import { DATE } from './kind-schema.js';
import { comparesByFunction, isOfLibrary } from './library-rule.js';
import { LIST_RULES, UNIQUE_BY } from './list-rules.js';
import { NUMBER_RULES } from './number-rules.js';
import { narrower, part, UNKNOWN, whole, type Applied, type Said, type Stands } from './said.js';
import { textRule } from './text-rules.js';
import { VALUE_RULES } from './value-rules.js';

/** What one of class-validator's rules asks for, of a value that stands for what is sent as that. */
export function ruleSchema(rule: Rule, applied: Applied): Said {
  const { validateIf } = rule;
  const name = rule.name ?? '';
  const constraints: readonly unknown[] = rule.constraints ?? [];
  if (validateIf || !isOfLibrary(rule)) return UNKNOWN;
  const aboutObject = aboutObjects(rule, applied);
  if (aboutObject)
    return applied.stands === 'any' ? { ...aboutObject, isKept: false } : aboutObject;
  const said = comparesByFunction(rule) ? UNIQUE_BY : byName(name, constraints);
  if (said === undefined) return UNKNOWN;
  if (applied.mayBeNonFinite && BOUNDS.has(name)) return part({});
  if (applied.stands === 'any') return { ...said, isKept: false };
  return applied.stands === 'json' ? said : ofOther(name, said, applied);
}

function byName(name: string, constraints: readonly unknown[]): Said | undefined {
  for (const rules of [NUMBER_RULES, VALUE_RULES, LIST_RULES]) {
    if (Object.hasOwn(rules, name)) return rules[name]?.(constraints);
  }
  return textRule(name, constraints);
}

/** Rules that take infinite numbers. */
const BOUNDS: ReadonlySet<string> = new Set(['min', 'max', 'isPositive', 'isNegative']);

/** Rules that take any value but those that are named. */
const LENIENT: ReadonlySet<string> = new Set(['isDefined', 'isNotEmpty', 'isNotIn', 'notEquals']);

// No rule about texts, numbers or lists takes what is none, whatever it is written as.
function ofOther(name: string, said: Said, { stands }: Applied): Said {
  const { takesNull, takesUndefined } = said;
  const nothings = { ...(takesNull && { takesNull }), ...(takesUndefined && { takesUndefined }) };
  if (LENIENT.has(name)) return { ...whole({}), isWhole: stands !== 'bigint', ...nothings };
  // A bigint may be one of those that are listed.
  const isListed = stands === 'bigint' && (name === 'isIn' || name === 'equals');
  return { ...(isListed ? part({}) : whole(NOTHING)), ...nothings };
}

function aboutObjects(rule: Rule, applied: Applied): Said | undefined {
  const constraints: readonly unknown[] = rule.constraints ?? [];
  const { stands, type } = applied;
  switch (rule.name) {
    case 'isDate':
      return dated(whole(DATE), stands);
    case 'minDate':
    case 'maxDate':
      return dated(part(DATE), stands);
    case 'isObject':
      if (stands === 'any') return part({});
      return stands === 'json' || stands === 'object'
        ? whole({ type: 'object' })
        : whole(objects(stands));
    case 'isNotEmptyObject':
      return notEmpty(constraints[0], stands);
    case 'isInstance': {
      const isOfType = type !== undefined && constraints[0] === type;
      if (stands === 'json') return whole(NOTHING);
      return isOfType && stands !== 'any' ? whole({}) : part({});
    }
    default:
      return undefined;
  }
}

function objects(stands: Stands) {
  return stands === 'bigint' ? NOTHING : {};
}

function dated(said: Said, stands: Stands): Said {
  if (stands === 'any') return said;
  return stands === 'date' ? { ...said, schema: {} } : whole(NOTHING);
}

function notEmpty(options: unknown, stands: Stands): Said {
  const { nullable } = (options ?? {}) as { nullable?: unknown };
  const isPlain = stands === 'json' || stands === 'object';
  if (nullable === false) return part(isPlain ? { type: 'object' } : {});
  // A property that is undefined counts to class-validator, and is not sent.
  if (isPlain) return narrower({ type: 'object', minProperties: 1 });
  return part(stands === 'bigint' ? NOTHING : {});
}
