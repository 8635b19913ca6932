import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventDefinitionError, UpcastError } from '../../../lib/errors.js';
import {
  checkUpcasters,
  missingUpcasters,
  upcast,
  type PlainParameters,
  type Upcaster,
  type Upcasters,
} from '../../../lib/event/upcasters.js';

const NAME = 'store.orders.placed';

function lift(upcasters: Upcasters, version: number, stored: number, parameters: object = {}) {
  const from = { version: stored, parameters: parameters as PlainParameters };
  return upcast({ canonicalName: NAME, version, upcasters }, from);
}

/** Notes in its parameters that it was taken. */
const noting =
  (step: number): Upcaster =>
  ({ steps = [], ...rest }) => ({ ...rest, steps: [...(steps as number[]), step] });

const stepsUpTo = (version: number, first = 1): Upcasters =>
  Object.fromEntries(
    Array.from({ length: version - first }, (_, i) => [first + i, noting(first + i)]),
  );

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('upcasters lift', () => {
  it('an earlier version, step by step', () => {
    expect(lift(stepsUpTo(4), 4, 2)).toEqual({ version: 4, parameters: { steps: [2, 3] } });
  });

  it('nothing of the version of the class, nor of a newer one, which is handed over as it is', () => {
    const parameters = { a: 1 };
    expect(lift(stepsUpTo(3), 3, 3, parameters).parameters).toBe(parameters);
    expect(lift(stepsUpTo(3), 3, 9, parameters)).toMatchObject({
      version: 9,
      parameters: { a: 1 },
    });
  });

  it.each([0, -1, -7])('version %d, below all steps, from the first one on', (stored) => {
    expect(lift(stepsUpTo(3), 3, stored)).toEqual({ version: 3, parameters: { steps: [1, 2] } });
    expect(lift(stepsUpTo(3, 0), 3, stored).parameters).toEqual({ steps: [0, 1, 2] });
    expect(lift({}, 1, stored)).toEqual({ version: stored, parameters: {} });
  });

  it('from n to m as the composition of the steps, and change nothing that they are given', () => {
    const chain = fc
      .record({
        version: fc.integer({ min: 1, max: 12 }),
        stored: fc.integer({ min: -3, max: 15 }),
        factors: fc.array(fc.integer(), { minLength: 12, maxLength: 12 }),
        parameters: fc.dictionary(fc.string(), fc.jsonValue()),
      })
      .map(({ version, factors, ...rest }) => {
        const spoil: Upcaster = (given) => {
          const before = JSON.stringify(given);
          for (const name of Object.keys(given)) given[name] = [given[name]];
          return {
            ...given,
            length: before.length,
            factor: factors[Object.keys(given).length % 12],
          };
        };
        const steps = Array.from({ length: version - 1 }, (_, i) => [i + 1, spoil] as const);
        return { version, spoil, upcasters: Object.fromEntries(steps), ...rest };
      });
    fc.assert(
      fc.property(chain, ({ version, spoil, upcasters, stored, parameters }) => {
        const text = JSON.stringify(parameters);
        const lifted = lift(upcasters, version, stored, deepFreeze(parameters));
        const count = stored < version ? version - Math.max(stored, Math.min(1, version)) : 0;
        let expected = JSON.parse(text) as PlainParameters;
        for (let i = 0; i < count; i++) expected = spoil(structuredClone(expected));
        expect(JSON.stringify(lifted.parameters)).toBe(JSON.stringify(expected));
        expect(lifted.version).toBe(
          version > 1 || stored > version ? Math.max(version, stored) : stored,
        );
        expect(JSON.stringify(parameters)).toBe(text);
      }),
    );
  });

  it('each event to lists and objects of its own', () => {
    const tags = ['new'];
    const upcasters: Upcasters = { 1: (parameters) => ({ ...parameters, tags, inner: { tags } }) };
    const first = lift(upcasters, 2, 1).parameters as { tags: string[]; inner: { tags: string[] } };
    first.tags.push('seen');
    first.inner.tags.push('seen');
    expect(lift(upcasters, 2, 1).parameters).toEqual({ tags: ['new'], inner: { tags: ['new'] } });
  });

  it('to whatever values a handler may get: dates and bigints stay what they are', () => {
    const at = new Date(0);
    const { parameters } = lift({ 1: (given) => ({ ...given, at }) }, 2, 1, { n: 2n ** 70n });
    expect(parameters).toEqual({ n: 2n ** 70n, at });
    expect(parameters.at).toBeInstanceOf(Date);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a list', []],
    ['text', 'text'],
    ['a promise', Promise.resolve({})],
  ])('nothing where one returns %s', (what, result) => {
    const error = thrownBy(() => lift({ 1: () => result as PlainParameters }, 2, 1));
    expect(error).toBeInstanceOf(UpcastError);
    expect(String(error)).toContain(`'${NAME}' from version 1 to 2 returned ${what}`);
  });

  it('nothing where one throws, and say why', () => {
    const cause = new Error('no currency');
    const upcasters: Upcasters = {
      ...stepsUpTo(2),
      2: () => {
        throw cause;
      },
    };
    const error = thrownBy(() => lift(upcasters, 3, 1));
    expect(error).toBeInstanceOf(UpcastError);
    expect(error).toMatchObject({ code: 'LIGHTBUS_UPCAST', cause });
    expect(String(error)).toContain('from version 2 to 3 has thrown: no currency');
  });
});

describe('upcasters are refused', () => {
  it.each<[string, unknown]>([
    ['no plain object', null],
    ['no plain object', [noting(1)]],
    ['no plain object', new Map([[1, noting(1)]])],
    ["for 'one'", { one: noting(1) }],
    ["for '3'", { 3: noting(3) }],
    ["for '-1'", { '-1': noting(-1) }],
    ["for '01'", { '01': noting(1) }],
    ['version 1 that is no function', { 1: 'parameters' }],
  ])('that are %s', (what, upcasters) => {
    const error = thrownBy(() => checkUpcasters(NAME, 3, upcasters));
    expect(error).toBeInstanceOf(EventDefinitionError);
    expect(String(error)).toContain(what);
  });

  it('at the start, where some are missing: these are named', () => {
    const missing = (version: number, upcasters: Upcasters) =>
      missingUpcasters({ canonicalName: NAME, version, upcasters });
    expect(missing(1, {})).toBeUndefined();
    expect(missing(0, {})).toBeUndefined();
    expect(missing(4, stepsUpTo(4))).toBeUndefined();
    expect(missing(5, { 2: noting(2) })).toMatch(/has version 5, and no upcaster for 1, 3, 4:/);
    expect(missing(2 ** 40, {})).toContain('for 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:');
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
