import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { EventDefinitionError, LightbusError } from '../../../../lib/errors.js';
import { encode } from '../../../../lib/event/codec.js';
import { keyParameterOf } from '../../../../lib/event/entity.js';
import type { EventDefinition } from '../../../../lib/event/event.decorator.js';
import { classSchemaOf } from '../../../../lib/event/schema/class-schema.js';
import type { JsonSchema } from '../../../../lib/event/schema/json-schema.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';
import { serialize } from '../../../../lib/wire/by-field.js';
import { parse } from '../../../../lib/wire/json-reader.js';
import { stringify } from '../../../../lib/wire/json-writer.js';
import { forget } from '../generated/round-trip.js';
import { RUNS, runs, TIMEOUT_MS } from '../generated/runs.js';
import { show } from '../generated/sameness.js';
import {
  buildClass,
  classPlans,
  RULES,
  type ClassPlan,
  type PropertyPlan,
} from './generated-rules.js';

function definitionOf(type: Type<object>, key?: string): EventDefinition {
  const names = { apiName: 'a', eventName: 'b', canonicalName: 'a.b' };
  return { ...names, version: 1, upcasters: {}, key, type };
}

/** The parameters as they are written, read again; undefined for an event that is refused. */
async function sentOf(
  definition: EventDefinition,
  payload: object,
): Promise<Record<string, unknown> | undefined> {
  try {
    const { parameters } = await encode(definition, payload, { validate: true });
    const { apiName, eventName } = definition;
    const fields = serialize({ id: 'i', apiName, eventName, version: 1, parameters });
    const sent: Record<string, unknown> = {};
    for (let i = 8; i < fields.length; i += 2) {
      sent[fields[i]!.slice(1)] = withoutBigints(parse(fields[i + 1]!));
    }
    return sent;
  } catch (error) {
    if (error instanceof LightbusError) return undefined;
    throw error;
  }
}

/** What a reader has that knows no bigints. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutBigints);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutBigints(item)]),
  );
}

/** As it would be on the wire, with the numbers that JSON has not. */
function asJson(value: object): object {
  const text = stringify(value);
  return withoutBigints(isJson(value) ? JSON.parse(text) : parse(text)) as object;
}

/** Whether a value has no number that only Python's JSON has. */
const isJson = (value: unknown) => !/NaN|Infinity/.test(stringify(value));

// One for all, as it compiles the schema of schemas first.
const ajv = addFormats.default(
  new Ajv({ strict: true, strictTypes: false, code: { optimize: false } }),
);
const validators = new WeakMap<object, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  let validator = validators.get(schema);
  if (!validator) {
    validator = ajv.compile(schema);
    ajv.removeSchema(schema);
    validators.set(schema, validator);
  }
  return validator;
}

/** What the event's schema says, compiled once for each class. */
const schemas = new WeakMap<Type<object>, JsonSchema>();

async function agree(
  definition: EventDefinition,
  payload: Record<string, unknown>,
): Promise<'in' | 'out'> {
  const { type } = definition;
  const schema = schemas.get(type) ?? eventSchema(definition).parameters;
  schemas.set(type, schema);
  const { unsaid } = classSchemaOf(type);
  const isValid = validatorOf(schema);
  const about = () => `schema ${JSON.stringify(schema)}, unsaid ${unsaid.join('; ')}`;
  for (const given of [
    payload,
    Object.assign(Object.create(type.prototype as object) as object, payload),
  ]) {
    const sent = await sentOf(definition, given);
    if (sent && !isJson(sent) && unsaid.length === 0) {
      throw new Error(`sent ${show(sent)}, which is no JSON; ${about()}`);
    }
    if (sent && !isValid(sent)) {
      throw new Error(
        `sent ${show(sent)} of ${show(given)}: ${JSON.stringify(isValid.errors)}; ${about()}`,
      );
    }
  }
  const wire = asJson(payload);
  const isAccepted = (await sentOf(definition, wire)) !== undefined;
  // What is no JSON satisfies no schema.
  if (isJson(wire) && isValid(wire) && !isAccepted && unsaid.length === 0) {
    throw new Error(`refused, though it satisfies: ${show(wire)}; ${about()}`);
  }
  return isAccepted ? 'in' : 'out';
}

/** Whether the start takes a property as the key. */
function canBeKey(type: Type<object>, key: string | undefined): boolean {
  try {
    return keyParameterOf(definitionOf(type, key)) !== undefined;
  } catch (error) {
    if (error instanceof EventDefinitionError) return false;
    throw error;
  }
}

const counted = { in: 0, out: 0 };

describe('the published schema', () => {
  it(
    'is satisfied by what fire accepts, and fire accepts what satisfies it',
    async () => {
      const cases = classPlans.chain((plan) => {
        const payloads = fc.array(buildClass(plan).values, { minLength: 8, maxLength: 8 });
        const key = fc.option(fc.constant('p0'), { nil: undefined });
        return fc.record({ plan: fc.constant(plan), payloads, key });
      });
      const property = fc.asyncProperty(cases, async ({ plan, payloads, key }) => {
        const { type } = buildClass(plan);
        const definition = definitionOf(type, canBeKey(type, key) ? key : undefined);
        for (const payload of payloads) counted[await agree(definition, payload)]++;
      });
      await fc.assert(property, { ...runs(0.25), plugins: [fc.afterEach(forget)] });
      expect(counted.in).toBeGreaterThan(RUNS / 20);
    },
    TIMEOUT_MS,
  );

  it(
    'says of each rule alone what it refuses',
    async () => {
      const wrong: string[] = [];
      for (const name of Object.keys(RULES)) {
        for (const each of [false, true]) {
          const own: PropertyPlan = {
            rules: [{ name, each, seldom: false }],
            ...{ condition: 'none', design: 'none', type: 'none', nested: 'no' },
          };
          const plan: ClassPlan = { base: [], own: [own], inner: [] };
          const { type } = buildClass(plan);
          const { near } = RULES[name]!;
          for (const p0 of [...near, ...near.map((value) => [value]), null]) {
            await agree(definitionOf(type), { p0 }).catch((error: unknown) => {
              wrong.push(`${name}${each ? ' each' : ''}: ${String(error)}`);
            });
          }
        }
      }
      expect(wrong).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
