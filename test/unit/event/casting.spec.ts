import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { Allow, IsArray, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { EventValidationError } from 'nestjs-lightbus';
import { decode, encode } from '../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { freeObjects } from './generated/free.js';
import { runs } from './generated/runs.js';
import { isSame, snapshot } from './generated/sameness.js';
import { numbers, texts } from './generated/scalars.js';
import { type Target, TARGETS } from './generated/targets.js';

/** Anything that JSON may hold. */
const anything = fc.oneof(texts, numbers, fc.boolean(), freeObjects, fc.array(texts));

/** One class for each way to say a type, and for each place for a value; all have a property `value`. */
function waysToSay({ type, rule }: Target) {
  const make = (says: (prototype: object) => void): new () => { value?: unknown } => {
    class Cast {
      value?: unknown;
    }
    says(Cast.prototype);
    Event('casting.cast')(Cast);
    return Cast;
  };
  const typed = Type(() => type as new () => object);
  const recorded = (prototype: object, designType: unknown) =>
    Reflect.defineMetadata('design:type', designType, prototype, 'value');
  class Inner {
    value?: unknown;
  }
  rule(Inner.prototype, 'value');
  typed(Inner.prototype, 'value');
  const item = (value: unknown) => Object.assign(new Inner(), { value });
  return [
    {
      way: '@Type',
      type: make((prototype) =>
        [Allow(), typed].forEach((decorator) => decorator(prototype, 'value')),
      ),
      put: (value: unknown) => value,
    },
    {
      way: "TypeScript's record alone",
      type: make((prototype) => {
        Allow()(prototype, 'value');
        recorded(prototype, type);
      }),
      put: (value: unknown) => value,
    },
    {
      way: 'a list',
      type: make((prototype) =>
        [Allow(), IsArray(), typed].forEach((one) => one(prototype, 'value')),
      ),
      put: (value: unknown) => [value],
    },
    {
      way: 'a map',
      type: make((prototype) => {
        [Allow(), typed].forEach((decorator) => decorator(prototype, 'value'));
        recorded(prototype, Map);
      }),
      put: (value: unknown) => ({ a: value }),
      made: (value: unknown) => new Map([['a', value]]),
    },
    {
      way: 'a nested object',
      type: make((prototype) => {
        [ValidateNested(), Type(() => Inner)].forEach((one) => one(prototype, 'value'));
      }),
      put: (value: unknown) => ({ value }),
      made: item,
    },
  ].map((way) => ({ ...way, made: way.made ?? way.put }));
}

describe.each(TARGETS)('$name', (target) => {
  describe.each(waysToSay(target))('said by $way', ({ way, type, put, made }) => {
    const definition = getEventDefinition(type)!;

    function receive(received: unknown) {
      const parameters = { value: put(received) };
      const before = snapshot(parameters);
      const { payload, note } = decode(type, parameters, { cast: true });
      if (!isSame(parameters, before)) throw new Error('what was received is changed');
      expect(payload).toBeInstanceOf(type);
      return { value: (payload as { value?: unknown }).value, note };
    }

    // A list in a list may be one of the lists of a list of lists.
    const isOther = (other: unknown) =>
      !target.isOne(other) && !(way === 'a list' && Array.isArray(other));
    const fire = async (given: unknown) =>
      encode(definition, { value: put(given) }, { validate: true });

    it('becomes what is meant', async () => {
      const property = fc.asyncProperty(target.means, async ([received, value]) => {
        const { value: found, note } = receive(received);
        if (!isSame(found, made(value))) expect(found).toEqual(made(value));
        const hasNoOffset =
          target.type === Date && !/(z|[+-]\d\d(:?\d\d)?)$/i.test(timeOf(received));
        if (hasNoOffset) expect(note).toMatch(/value .*offset.*UTC/);
        else expect(note).toBeUndefined();
      });
      await fc.assert(property, runs(0.1));
    });

    it('keeps anything else as it was received, and notes it', () => {
      const lookAlikes = fc.constantFrom(...target.lookAlikes);
      const others = fc.oneof(lookAlikes, anything).filter(isOther);
      const property = fc.property(others, (other) => {
        const { value, note } = receive(other);
        if (!isSame(value, made(other))) expect(value).toEqual(made(other));
        expect(note).toMatch(/\bvalue was not cast \(.+\)/);
      });
      fc.assert(property, runs(0.1));
    });

    it('refuses anything else that is fired', async () => {
      const lookAlikes = fc.constantFrom(...target.lookAlikes);
      const others = fc.oneof(lookAlikes, anything).filter(isOther);
      const property = fc.asyncProperty(others, async (other) => {
        const error: unknown = await fire(other).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(EventValidationError);
        const paths = (error as EventValidationError).properties.map(({ path }) => path);
        expect(paths.every((path) => path.startsWith('value'))).toBe(true);
      });
      await fc.assert(property, runs(0.1));
    });

    it('becomes what is meant when it is fired, too', async () => {
      const property = fc.asyncProperty(target.means, async ([given, value]) => {
        if (value instanceof Date && value.toISOString().length > 24) return;
        const { payload } = await fire(given);
        const found = payload.value;
        if (!isSame(found, made(value))) expect(found).toEqual(made(value));
      });
      await fc.assert(property, runs(0.1));
    });
  });

  it.each(target.lookAlikes.map((one) => [one]))('is not %p', (one) => {
    // The look-alikes above are none by their own measure, so that nothing is tested in vain.
    expect(target.isOne(one)).toBe(false);
  });
});

function timeOf(received: unknown): string {
  return String(received).split(/[T ]/i)[1] ?? '';
}
