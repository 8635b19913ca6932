import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import fc from 'fast-check';
import { defineEvent, EventValidationError } from 'nestjs-lightbus';
import { encode, type EncodedEvent } from '../../../../lib/event/codec.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { refusingUnknown } from '../../../../lib/event/standard/closed-arktype.js';
import { findDifferences } from '../../../../lib/event/standard/differences.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';
import { ARKTYPE } from './generated-arktype.js';
import { cases, sentOf, type Case } from './generated-schemas.js';
import { VALIBOT } from './generated-valibot.js';
import { ZOD } from './generated-zod.js';

const LIBRARIES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  zod: cases(ZOD),
  valibot: cases(VALIBOT),
  arktype: cases(ARKTYPE),
};

/** Whether a library takes a value and leaves it as it is, but for what it may take out. */
function accepts(schema: StandardSchemaV1, sent: unknown, mayTakeOut: boolean): boolean {
  const result = outcomeOf(schema, sent);
  if (result === 'thrown' || result instanceof Promise || result.issues) return false;
  const { changed, removed } = findDifferences(sent, result.value);
  return changed.length === 0 && (mayTakeOut || removed.length === 0);
}

/** arktype throws at some values that are of another type than a branch of a union. */
function outcomeOf({ '~standard': standard }: StandardSchemaV1, sent: unknown) {
  try {
    return standard.validate(sentOf(sent));
  } catch {
    return 'thrown';
  }
}

/** The same, which refuses unknown properties; nothing where arktype finds only now that nothing satisfies it, and throws. */
function closed(schema: StandardSchemaV1): StandardSchemaV1 | undefined {
  try {
    return refusingUnknown(schema);
  } catch (error) {
    expect(error).toMatchObject({ message: expect.stringContaining('unsatisfiable') });
    return undefined;
  }
}

describe('what fire accepts', () => {
  it.each(Object.entries(LIBRARIES))(
    'is what the schema and what is published accept, whatever the schema of %s',
    (name, generated) => {
      const seen = { accepted: 0, refused: 0, described: 0 };
      const ajv = new Ajv({
        ...{ strict: false, formats: fullFormats, validateSchema: false },
        // As Python: what every object inherits is no property.
        ownProperties: true,
      });
      fc.assert(
        fc.property(generated, (one) => {
          const definition = getEventDefinition(defineEvent('accepted.made', one.schema))!;
          const { parameters } = eventSchema(definition);
          const validate = ajv.compile(parameters);
          const isDescribed = Object.hasOwn(parameters, 'additionalProperties');
          const rule = isDescribed ? one.schema : closed(one.schema);
          fc.pre(rule !== undefined);
          seen.described += isDescribed ? 1 : 0;
          for (const payload of one.payloads) {
            let encoded;
            try {
              encoded = encode(definition, payload, { validate: true });
            } catch (error) {
              seen.refused++;
              const sent = sentOf(payload);
              if (outcomeOf(rule, sent) === 'thrown') continue;
              expect(error).toBeInstanceOf(EventValidationError);
              // Nor does it refuse what both take.
              if (!accepts(rule, sent, isDescribed) || !validate(sent)) continue;
              // A list holds no undefined once it is sent; in any other way it is the same.
              expect(() => encode(definition, sent as object, { validate: true })).not.toThrow();
              continue;
            }
            seen.accepted++;
            const sent = sentOf((encoded as EncodedEvent<object>).parameters);
            expect({ sent, isValid: validate(sent) }).toEqual({ sent, isValid: true });
            expect({ sent, isTaken: accepts(rule, sent, isDescribed) }).toEqual({
              sent,
              isTaken: true,
            });
            expect(sent).toEqual(sentOf(payload));
          }
        }),
        { numRuns: 25 },
      );
      expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(10);
      expect(seen.described > 12).toBe(name !== 'valibot');
    },
  );
});
