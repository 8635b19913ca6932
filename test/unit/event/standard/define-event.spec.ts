import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type as ark } from 'arktype';
import {
  defineEvent,
  EventDefinitionError,
  EventSerializationError,
  EventValidationError,
  OnEvent,
  type EventMessage,
} from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { startApplication } from '../generated/application.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;

const Placed = defineEvent(
  'defined.orders.placed',
  z.object({
    orderId: z.string().min(1),
    quantity: z.number().int().min(1),
    note: z.string().nullable().optional(),
    lines: z.array(z.object({ sku: z.string() })).optional(),
  }),
  { key: 'orderId', version: 2, upcasters: { 1: (old) => ({ ...old, quantity: 1 }) } },
);

const valid = { orderId: '1', quantity: 2, lines: [{ sku: 'a' }] };

async function failure(fired: Promise<unknown>): Promise<EventValidationError> {
  const error: unknown = await fired.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EventValidationError);
  return error as EventValidationError;
}

describe('an event of defineEvent', () => {
  it('is fired by its class and payload, and as an instance, and read back as an instance', async () => {
    const { bus } = await startApplication([Placed]);
    const one = await bus.fire(Placed, valid);
    const two = await bus.fire(new Placed({ orderId: '2', quantity: 3 }), { expectedVersion: 0 });
    await bus.fireAll([new Placed(valid), new Placed(valid)]);

    const read: EventMessage<InstanceType<typeof Placed>>[] = [];
    for await (const message of bus.history(Placed)) read.push(message);
    expect(read.map(({ nativeId }) => nativeId).slice(0, 2)).toEqual([one.nativeId, two.nativeId]);
    expect(read).toHaveLength(4);
    for (const { payload } of [one, two, ...read]) expect(payload).toBeInstanceOf(Placed);
    expect({ ...read[0]!.payload }).toEqual(valid);
    expect(one.version).toBe(2);
    const ofKey: unknown[] = [];
    for await (const { key } of bus.history(Placed, { key: '1' })) ofKey.push(key);
    expect(ofKey).toEqual(['1', '1', '1']);
  });

  it('is handled as an instance', async () => {
    class Handlers {
      @OnEvent(Placed, { listenerName: 'defined' })
      handle(event: InstanceType<typeof Placed>): void {
        handled.push(event);
      }
    }
    const handled: object[] = [];
    const { bus, recorder } = await startApplication([Placed], [Handlers]);
    await bus.fire(Placed, valid);
    await recorder.whenHandled();
    expect(handled).toEqual([expect.any(Placed)]);
    expect(recorder.fired(Placed)).toHaveLength(1);
  });

  it('refuses what its schema refuses, each by its path', async () => {
    const { bus } = await startApplication([Placed]);
    const wrong = { orderId: '', quantity: 0.5, lines: [{ sku: 'a' }, { sku: 1 }] };
    const { properties, message } = await failure(bus.fire(Placed, wrong as never));
    expect(properties.map(({ path, value }) => [path, value])).toEqual([
      ['orderId', ''],
      ['quantity', 0.5],
      ['lines.1.sku', 1],
    ]);
    expect(message).toContain(
      "'defined.orders.placed' was not sent, as it is no valid Placed: orderId: ",
    );
    expect((await failure(bus.fire(Placed, { quantity: 1 } as never))).properties[0]?.path).toBe(
      'orderId',
    );
    await expect(bus.fire(Placed, 1 as never)).rejects.toThrow('the payload must be an object');
    expect(() => new Placed(null as never)).toThrow(EventValidationError);
    expect(() => new Placed([] as never)).toThrow(EventValidationError);
  });

  const unknownIn = {
    zod: defineEvent(
      'defined.unknown.zod',
      z.object({ a: z.object({ b: z.string() }).optional() }),
    ),
    'strict zod': defineEvent(
      'defined.unknown.strict',
      z.strictObject({ a: z.strictObject({ b: z.string() }).optional() }),
    ),
    valibot: defineEvent(
      'defined.unknown.valibot',
      v.object({ a: v.optional(v.object({ b: v.string() })) }),
    ),
    arktype: defineEvent('defined.unknown.arktype', ark({ 'a?': { b: 'string' } })),
    'arktype that takes them out': defineEvent(
      'defined.unknown.deleted',
      ark({ 'a?': ark({ '+': 'delete', b: 'string' }) }),
    ),
  };
  it.each(Object.entries(unknownIn))(
    'refuses properties that a schema of %s does not know',
    async (library, type) => {
      const { bus } = await startApplication([type]);
      const outer = await failure(bus.fire(type, { colour: 'red' } as never));
      const inner = await failure(bus.fire(type, { a: { b: 'x', colour: 'red' } } as never));
      const paths = [outer, inner].map(({ properties }) => properties[0]?.path);
      expect(paths).toEqual(library === 'strict zod' ? ['', 'a'] : ['colour', 'a.colour']);
      expect(outer.message + inner.message).toMatch(/colour.*colour/);
      await expect(bus.fire(type, { a: { b: 'x' } })).resolves.toMatchObject({
        payload: { a: { b: 'x' } },
      });
      await bus.fire(type, { a: undefined });
    },
  );

  it.each([
    ['a Date', new Date(0)],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['bytes', Buffer.from('a')],
    ['a bigint', 1n],
    ['NaN', NaN],
    [
      'an instance',
      new (class Line {
        a = 1;
      })(),
    ],
    ['an object with toJSON', { toJSON: () => 1 }],
    ['a hole', [, 1]], // eslint-disable-line no-sparse-arrays
    ['a symbol', Symbol('a')],
    ['a function', { a: () => 1 }],
    ['__proto__', JSON.parse('{"__proto__": 1}')],
  ])('refuses %s where its schema lets anything through', async (_, value: unknown) => {
    const Any = defineEvent('defined.anything', z.object({ a: z.unknown() }));
    const { bus } = await startApplication([Any]);
    for (const a of [value, { b: [value] }]) {
      const { properties } = await failure(bus.fire(Any, { a }));
      expect(properties).toEqual([
        expect.objectContaining({
          path: expect.stringMatching(/^a(\.b\.0)?/),
          constraints: { roundTrip: expect.stringContaining("JSON can't carry back") },
        }),
      ]);
    }
  });

  it('refuses functions and cycles', async () => {
    const Any = defineEvent('defined.cycle', z.object({ a: z.unknown() }));
    const { bus } = await startApplication([Any]);
    const cycle: { a?: unknown } = {};
    cycle.a = cycle;
    await expect(bus.fire(Any, cycle as { a: unknown })).rejects.toThrow(EventSerializationError);
    await expect(bus.fire(Any, { a: () => 1 })).rejects.toThrow(EventSerializationError);
  });

  it('never stores what a schema changes in silence', async () => {
    const sneaky: StandardSchemaV1<unknown, { a: string }> = {
      '~standard': {
        version: 1,
        vendor: 'sneaky',
        validate: (value: unknown) => {
          const given = value as { a: string };
          given.a = given.a.trim();
          return Promise.resolve({ value: { a: given.a, ...(given.a === '' && { b: 1 }) } });
        },
      },
    };
    const Sneaky = defineEvent('defined.sneaky', sneaky);
    const { bus } = await startApplication([Sneaky]);
    const changed = await failure(bus.fire(Sneaky, { a: ' x' }));
    expect(changed.properties).toEqual([
      {
        path: 'a',
        value: ' x',
        constraints: { unchanged: expect.stringContaining('another string') },
      },
    ]);
    const added = await failure(bus.fire(Sneaky, { a: '' }));
    expect(added.properties).toEqual([
      {
        path: 'b',
        value: undefined,
        constraints: { unchanged: expect.stringContaining('a default') },
      },
    ]);
    const message = await bus.fire(Sneaky, { a: 'x' });
    expect({ ...message.payload }).toEqual({ a: 'x' });
  });

  it('throws what its functions throw', async () => {
    const thrown = new Error('the schema failed');
    const Failing = defineEvent(
      'defined.failing',
      z.object({
        a: z.string().refine(() => {
          throw thrown;
        }),
      }),
    );
    const { bus } = await startApplication([Failing]);
    await expect(bus.fire(Failing, { a: 'x' })).rejects.toBe(thrown);
  });

  it.each<[string, unknown]>([
    ['a whose length is no number', { length: { a: 1 } }],
    ['a whose length has no primitive value', { length: { valueOf: 1, toString: 1 } }],
    ['an empty a', ''],
  ])('is refused for %s, whatever its library throws', async (_, a) => {
    const own = new Error('the schema failed');
    const bounds = z.string().min(1).max(9);
    const throws = (value: string): boolean => {
      if (value === 'own') throw own;
      return true;
    };
    const Bounded = defineEvent('defined.bounded', z.object({ a: bounds.refine(throws) }));
    const { bus } = await startApplication([Bounded]);
    const { properties } = await failure(bus.fire(Bounded, { a } as { a: string }));
    expect(new Set(properties.map(({ path }) => path))).toEqual(new Set(['a']));
    expect(properties[0]?.value).toEqual(a);
    await expect(bus.fire(Bounded, { a: 'own' })).rejects.toBe(own);
    await bus.fire(Bounded, { a: 'x' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('measured');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('measured'))],
  ])('is refused by what is published where its library %s', async (_, validate) => {
    const draft = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    const jsonSchema = { input: () => draft, output: () => draft };
    const schema = { '~standard': { version: 1, vendor: 'failing', validate, jsonSchema } };
    const Failing = defineEvent('defined.failing', schema as unknown as ObjectSchema);
    const { bus } = await startApplication([Failing]);
    expect((await failure(bus.fire(Failing, { a: 1 }))).properties).toEqual([
      { path: 'a', value: 1, constraints: { published: expect.any(String) } },
    ]);
    await expect(bus.fire(Failing, { a: 'x' })).rejects.toThrow(new TypeError('measured'));
  });

  it('waits for rules that need time', async () => {
    const Slow = defineEvent(
      'defined.slow',
      z.object({ a: z.string().refine((a) => Promise.resolve(a === 'x'), 'it is not x') }),
    );
    const { bus } = await startApplication([Slow]);
    expect((await failure(bus.fire(Slow, { a: 'y' }))).properties).toEqual([
      { path: 'a', value: 'y', constraints: { zod: 'it is not x' } },
    ]);
    await bus.fire(Slow, { a: 'x' });
  });

  it('needs a good name, version, key and schema', async () => {
    const schema = z.object({ a: z.string() });
    expect(() => defineEvent('placed', schema)).toThrow(EventDefinitionError);
    expect(() => defineEvent('x.placed', schema, { version: -1 })).toThrow(
      "defineEvent('x.placed') has the version -1",
    );
    expect(() => defineEvent('x.placed', schema, { upcasters: { 1: (p) => p } })).toThrow(
      "defineEvent('x.placed') has an upcaster for '1'",
    );
    expect(() => defineEvent('x.placed', schema, { key: '' as never })).toThrow('key');
    for (const none of [undefined, null, {}, class {}, 'text']) {
      expect(() => defineEvent('x.placed', none as never)).toThrow('was given no Standard Schema');
    }
    const Unversioned = defineEvent('x.placed', schema, { version: 2 });
    await expect(startApplication([Unversioned])).rejects.toThrow('no upcaster for 1');
  });
  it('needs a key that each of its events has, as a text or a number', () => {
    const define = (schema: ObjectSchema, key: string) => () =>
      defineEvent('defined.orders.keyed', schema, { key: key as never });
    const shape = { id: z.string(), list: z.array(z.string()), maybe: z.string().optional() };
    for (const schema of [
      z.object(shape),
      ark({ id: 'string', list: 'string[]', 'maybe?': 'string' }),
    ]) {
      define(schema, 'id')();
      for (const [key, why] of [
        ['idd', 'no such property (id, list, maybe)'],
        ['list', 'of the type array'],
        ['maybe', 'be left out'],
        ['constructor', 'no such property'],
      ] as const) {
        expect(define(schema, key)).toThrow(EventDefinitionError);
        expect(define(schema, key)).toThrow(`has the key '${key}', and its schema`);
        expect(define(schema, key)).toThrow(why);
      }
    }
    define(z.looseObject({}), 'id')();
    define(z.object({ a: z.string() }).and(z.object({ id: z.int() })), 'id')();
    define(z.union([z.object({ id: z.string() }), z.object({ id: z.number() })]), 'id')();
    define(v.object({ id: v.string() }), 'other')();
  });

  it('is named after its event', () => {
    expect(defineEvent('x.y.order_placed_now', z.object({})).name).toBe('OrderPlacedNow');
    expect(Placed.name).toBe('Placed');
  });
});
