import type { Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Expose, Transform } from 'class-transformer';
import { Allow } from 'class-validator';
import { UpcastError } from '../../../lib/errors.js';
import { Event } from '../../../lib/event/event.decorator.js';
import { materialise, type StoredContent } from '../../../lib/event/materialise.js';

@Event('materialise.priced', {
  version: 3,
  key: 'orderId',
  upcasters: {
    1: ({ price, ...rest }) => ({ ...rest, amount: price }),
    2: (parameters) => ({ ...parameters, order_id: 'lifted', currency: 'EUR' }),
  },
})
class Priced {
  @Expose({ name: 'order_id' }) @Allow() orderId!: string;
  @Allow() amount!: number;
  @Allow() currency!: string;
}

const CAST = { cast: true };

function stored(version: number, parameters: Record<string, unknown>): StoredContent {
  const names = { apiName: 'materialise', eventName: 'priced' };
  return { id: 'e1', ...names, version, parameters, notes: ['odd'] };
}

describe('an event that was read', () => {
  it('of an earlier version is an instance of its class, lifted', () => {
    const made = materialise(stored(1, { order_id: 'o1', price: 5 }), Priced, CAST);
    expect(made.payload).toBeInstanceOf(Priced);
    expect(made.payload).toEqual(
      Object.assign(new Priced(), { orderId: 'lifted', amount: 5, currency: 'EUR' }),
    );
    expect(made.parameters).toEqual({ order_id: 'lifted', amount: 5, currency: 'EUR' });
    expect(made.event).toEqual({
      ...{ id: 'e1', apiName: 'materialise', eventName: 'priced' },
      ...{ version: 3, storedVersion: 1 },
    });
    expect(made.notes).toEqual(['odd']);
  });

  it('is about the entity that is stored, whatever upcasters and decorators do', () => {
    expect(materialise(stored(1, { order_id: 'o1' }), Priced, CAST).keyValue).toBe('o1');
    expect(materialise(stored(1, { orderId: 'o1' }), Priced, CAST).keyValue).toBeUndefined();
    @Event('materialise.priced', { key: 'orderId' })
    class Meddling {
      @Transform(({ obj, value }) => {
        (obj as Record<string, unknown>).orderId = 'other';
        return value as string;
      })
      orderId!: string;
    }
    expect(materialise(stored(1, { orderId: 'o1' }), Meddling, CAST).keyValue).toBe('o1');
  });

  it('of another API than its class belongs to no entity', () => {
    const foreign = { ...stored(1, { order_id: 'o1' }), apiName: 'other' };
    expect(materialise(foreign, Priced, CAST).keyValue).toBeUndefined();
  });

  it('is plain without casting, lifted all the same; and as it is stored without a class', () => {
    const { payload } = materialise(stored(2, { amount: 5 }), Priced, { cast: false });
    expect(payload).not.toBeInstanceOf(Priced);
    expect(payload).toEqual({ amount: 5, order_id: 'lifted', currency: 'EUR' });
    const plain = materialise(stored(2, { amount: 5 }), undefined, CAST);
    expect(plain).toMatchObject({
      payload: { amount: 5 },
      event: { version: 2, storedVersion: 2 },
    });
    expect(plain.keyValue).toBeUndefined();
  });

  it('can not be lifted where its upcaster throws', () => {
    @Event('materialise.priced', {
      version: 2,
      upcasters: {
        1: () => {
          throw new Error('no');
        },
      },
    })
    class Failing {}
    expect(() => materialise(stored(1, {}), Failing, CAST)).toThrow(UpcastError);
  });

  it('is never changed, whatever its upcasters do', () => {
    @Event('materialise.priced', {
      version: 2,
      upcasters: {
        1: (parameters) => {
          for (const [name, value] of Object.entries(parameters)) {
            if (Array.isArray(value)) value.push('seen');
            else if (typeof value === 'object' && value !== null) Object.assign(value, { seen: 1 });
            else Reflect.deleteProperty(parameters, name);
          }
          return parameters;
        },
      },
    })
    class Spoiling {}
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (parameters, cast) => {
        const before = JSON.stringify(parameters);
        materialise(stored(1, parameters), Spoiling, { cast });
        expect(JSON.stringify(parameters)).toBe(before);
      }),
    );
  });
});

describe('a newer version than that of the class', () => {
  const notesOf = (version: number, type: Type<object> = Priced) =>
    materialise(stored(version, {}), type, CAST).notes;

  it('is handed over as it is, and told once for each event and version', () => {
    const { payload, event } = materialise(stored(4, { amount: 5, more: 1 }), Priced, CAST);
    expect(payload).toBeInstanceOf(Priced);
    expect(payload).toMatchObject({ amount: 5, more: 1 });
    expect(event).toMatchObject({ version: 4, storedVersion: 4 });

    expect(notesOf(4)).toEqual(['odd']);
    expect(notesOf(5)).toEqual([
      'odd',
      expect.stringContaining('its version 5 is newer than 3, the one of Priced'),
    ]);
    expect(notesOf(5)).toEqual(['odd']);
    @Event('materialise.other')
    class Other {}
    expect(notesOf(5, Other)).toHaveLength(2);
  });

  it('is told for so many versions only, as anybody can make some up', () => {
    for (let version = 10; version < 2000; version++) notesOf(version);
    expect(notesOf(3000)).toEqual(['odd']);
  });
});
