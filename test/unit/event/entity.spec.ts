import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Exclude, Expose, Transform } from 'class-transformer';
import { Allow, IsArray, IsBoolean, IsString, IsUUID } from 'class-validator';
import { EventDefinitionError } from '../../../lib/errors.js';
import { encode } from '../../../lib/event/codec.js';
import { keyParameterOf } from '../../../lib/event/entity.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { EventRegistry } from '../../../lib/event/event-registry.js';
import { EventValidationError } from '../../../lib/fire-errors.js';
import { keyTextOf } from '../../../lib/wire/entity-key.js';

@Event('entity.plain', { key: 'orderId' })
class Plain {
  orderId!: string;
}

@Event('entity.renamed', { key: 'orderId' })
class Renamed {
  @Expose({ name: 'order_id' }) @IsUUID() orderId!: string;
}

@Event('entity.loose', { key: 'orderId' })
class Loose {
  @Allow() orderId!: string | number;
}

const definitionOf = (type: Type<object>) => getEventDefinition(type)!;

async function fault(type: Type<object>, value: object, validate = true) {
  const encoded = async () => encode(definitionOf(type), value, { validate });
  const error: unknown = await encoded().catch((thrown: unknown) => thrown);
  return error instanceof EventValidationError ? error.properties : error;
}

describe('the key of an event', () => {
  it('is a parameter by its name on the wire', () => {
    expect(keyParameterOf(definitionOf(Plain))).toBe('orderId');
    expect(keyParameterOf(definitionOf(Renamed))).toBe('order_id');
    const registry = new EventRegistry();
    registry.register([Plain, Renamed]);
    expect([...registry.keysOf('entity')]).toEqual([
      ['plain', 'orderId'],
      ['renamed', 'order_id'],
    ]);
    expect(registry.keysOf('other').size).toBe(0);
  });

  it('may be inherited, and a getter where that is sent', () => {
    @Event('entity.inherited', { key: 'orderId' })
    class Inherited extends Renamed {}
    @Event('entity.computed', { key: 'orderId' })
    class Computed {
      @Expose() get orderId(): string {
        return 'o1';
      }
    }
    expect(keyParameterOf(definitionOf(Inherited))).toBe('order_id');
    expect(keyParameterOf(definitionOf(Computed))).toBe('orderId');
  });

  @Event('entity.excluded', { key: 'orderId' })
  class Excluded {
    @Exclude() @IsString() orderId!: string;
  }
  @Event('entity.excluded', { key: 'orderId' })
  class ExcludedFromSending {
    @Exclude({ toPlainOnly: true }) @IsString() orderId!: string;
  }
  @Event('entity.excluded', { key: 'orderId' })
  @Exclude()
  class Closed {
    orderId!: string;
    @Expose() @IsString() other!: string;
  }
  @Event('entity.excluded', { key: 'orderId' })
  class Getter {
    get orderId(): string {
      return 'o1';
    }
  }

  it.each([Excluded, ExcludedFromSending, Closed, Getter])(
    'that is not sent is refused at the start: %p',
    (type) => {
      const register = () => new EventRegistry().register([type]);
      expect(register).toThrow(EventDefinitionError);
      expect(register).toThrow(/'entity\.excluded' has the key 'orderId', and \w+ does not send/);
    },
  );

  it.each<[string, unknown, PropertyDecorator[]]>([
    ['a date between', Date, []],
    ['a boolean', Boolean, []],
    ['a boolean', Object, [IsBoolean()]],
    ['a URL', URL, []],
    ['a Buffer', Buffer, []],
    ['a list', Array, []],
    ['a list', Object, [IsArray()]],
    ['a set', Set, []],
    ['a map', Map, []],
    ['an object of the class Plain', Plain, []],
    ['an object of the class RegExp', RegExp, []],
  ])('that is declared as %s can be none, which the start says', (what, type, rules) => {
    class Unfit {
      @Allow() orderId!: string;
    }
    Reflect.defineMetadata('design:type', type, Unfit.prototype, 'orderId');
    for (const decorate of rules) decorate(Unfit.prototype, 'orderId');
    Event('entity.unfit', { key: 'orderId' })(Unfit);
    const register = () => new EventRegistry().register([Unfit]);
    expect(register).toThrow(EventDefinitionError);
    expect(register).toThrow(`'entity.unfit' has the key 'orderId', and Unfit.orderId is ${what}`);
    // What makes a text of it is trusted.
    Transform(({ value }) => String(value))(Unfit.prototype, 'orderId');
    @Event('entity.transformed', { key: 'orderId' })
    class Transformed extends Unfit {}
    expect(() => new EventRegistry().register([Transformed])).not.toThrow();
  });

  it.each([
    ...['o1', '', '1', 'zoë 🐘', 0, -1.5, 2 ** 53],
    // Of JavaScript, without types.
    ...[2n ** 70n],
  ])('may be %p', async (orderId) => {
    expect(await fault(Loose, { orderId })).not.toBeInstanceOf(Array);
    expect(keyTextOf(orderId)).toBe(String(orderId));
  });

  it.each<[unknown]>([
    ...[undefined, null, NaN, Infinity, true, [], ['o1'], {}, new Date(0)].map((v): [unknown] => [
      v,
    ]),
    ...['\ud800', 'a\udc00b', '\udc00\ud800'].map((v): [unknown] => [v]),
  ])('that is %p refuses the event when it is fired', async (orderId) => {
    expect(await fault(Loose, { orderId })).toEqual([
      expect.objectContaining({
        path: 'orderId',
        constraints: expect.objectContaining({
          isKey: expect.stringContaining('orderId must be a text') as unknown,
        }) as unknown,
      }),
    ]);
    expect(keyTextOf(orderId)).toBeUndefined();
  });

  it('is refused once, with the other rules that it breaks, under the name of the property', async () => {
    const [only, ...more] = (await fault(Renamed, { orderId: null })) as { path: string }[];
    expect(more).toEqual([]);
    expect(only).toMatchObject({ path: 'orderId', value: null });
    expect(only).toHaveProperty('constraints.isUuid');
    expect(only).toHaveProperty('constraints.isKey');
  });

  it('is judged by what is sent', async () => {
    @Event('entity.transformed', { key: 'order' })
    class Transformed {
      @Transform(({ value }) => ({ id: value as string }), { toPlainOnly: true })
      @Transform(({ value }) => (value as { id: string }).id, { toClassOnly: true })
      @IsString()
      order!: string;
    }
    const found = await fault(Transformed, Object.assign(new Transformed(), { order: 'o1' }));
    expect(found).toMatchObject([{ path: 'order', value: { id: 'o1' } }]);
  });

  it('is not asked for where validate.outgoing is off', async () => {
    expect(await fault(Loose, { orderId: null }, false)).toMatchObject({
      parameters: { orderId: null },
    });
  });
});
