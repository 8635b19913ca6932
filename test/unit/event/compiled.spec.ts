import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Exclude,
  Expose,
  instanceToPlain,
  plainToInstance,
  Transform,
  Type,
} from 'class-transformer';
import {
  IsArray,
  IsEmail,
  isEmail,
  IsInstance,
  IsOptional,
  MaxLength,
  IsInt,
  IsString,
  ValidateBy,
  ValidateNested,
  Validator,
} from 'class-validator';
import fc from 'fast-check';
import { Event, EventValidationError } from 'nestjs-lightbus';
import { decode, encode } from '../../../lib/event/codec.js';
import { isCommonEmail } from '../../../lib/event/compiled/common-email.js';
import { isValidForSure } from '../../../lib/event/compiled/check.js';
import { toPlain } from '../../../lib/event/compiled/writer.js';
import { getEventDefinition } from '../../../lib/event/event.decorator.js';
import { findInvalid } from '../../../lib/event/validation.js';
import { forget } from './generated/round-trip.js';
import { buildRuleClass, isCovered, ruleCases, type RuleCases } from './generated/rule-classes.js';
import { runs } from './generated/runs.js';
import { show } from './generated/sameness.js';

afterEach(() => void jest.restoreAllMocks());

class Line {
  @IsString() sku!: string;
  @IsInt() count!: number;
}

@Event('compiled.placed')
class Placed {
  @IsEmail() email = 'jane.doe@example.com';
  @IsArray() @ValidateNested({ each: true }) @Type(() => Line) lines = [placedLine()];
}

class Stored {
  @IsInstance(Map) @ValidateNested({ each: true }) @Type(() => Line) lines = new Map<
    string,
    Line
  >();
  @ValidateNested() @Type(() => Line) first?: Line;
}

class Odd {
  @IsOptional() @MaxLength(1) short?: string;
  @IsOptional() @IsInt() given?: number = 5;
}

Exclude()(Odd.prototype, 'valueOf');

class Computed {
  @Exclude() @IsInt() base = 1;
  @Expose() get double(): number {
    return this.base * 2;
  }
}

const fire = (value: object) =>
  encode(getEventDefinition(value.constructor as typeof Placed)!, value, { validate: true });

/** A decorator of a rule that the application has made. */
function rule(
  name: string,
  validate: (value: unknown, options: unknown) => unknown,
  message = '',
): PropertyDecorator {
  return ValidateBy({
    name,
    constraints: [undefined],
    validator: {
      validate: (value: unknown, about) => validate(value, about?.constraints[0]) as boolean,
      defaultMessage: () => message,
    },
  });
}

describe('the compiled check', () => {
  it('makes nobody ask class-validator about a valid event, nor wait for its answer', async () => {
    const validate = jest.spyOn(Validator.prototype, 'validate');
    await fire(new Placed());
    const encodeUri = jest.spyOn(globalThis, 'encodeURI');
    expect(fire(new Placed())).not.toHaveProperty('then');
    // As isEmail of validator.js does.
    expect(encodeUri).not.toHaveBeenCalled();
    expect(validate).not.toHaveBeenCalled();

    await expect(fire(Object.assign(new Placed(), { email: 5 }))).rejects.toThrow(
      EventValidationError,
    );
    expect(validate).toHaveBeenCalledTimes(1);
  });

  it('asks a validator of the application once about a valid event', async () => {
    const validate = jest.fn((value: unknown) => value === 'a');
    @Event('compiled.custom')
    class Custom {
      @rule('isA', validate) value = 'a';
    }
    await fire(new Custom());
    expect(validate).toHaveBeenCalledTimes(1);
    const other = fire(Object.assign(new Custom(), { value: 'b' }));
    await expect(other).rejects.toThrow(EventValidationError);
  });

  it('leaves a validator that gives promises to class-validator, once it has learnt of it', async () => {
    const validate = jest.fn((value: unknown) =>
      value === 'a' ? Promise.resolve(true) : Promise.reject(new Error('no a')),
    );
    @Event('compiled.promising')
    class Promising {
      @rule('promises', validate) value = 'b';
    }
    await expect(fire(new Promising())).rejects.toThrow('no a');
    expect(validate).toHaveBeenCalledTimes(2);
    await fire(Object.assign(new Promising(), { value: 'a' }));
    expect(validate).toHaveBeenCalledTimes(3);
  });

  it('takes no rule for another one of its name', async () => {
    const isCompanys = (value: unknown, options: unknown) =>
      isEmail(value, options as undefined) && String(value).endsWith('@company.example');
    @Event('compiled.namesake')
    class Namesake {
      @rule('isEmail', isCompanys, '$property must be an email') email = 'a@company.example';
    }
    await fire(new Namesake());
    const other = fire(Object.assign(new Namesake(), { email: 'a@other.example' }));
    await expect(other).rejects.toThrow('email must be an email');
  });

  it.each<[string, () => object]>([
    ['an own property constructor', () => Object.assign(new Placed(), { constructor: Line })],
    ['an unknown property', () => Object.assign(new Placed(), { more: 1 })],
    ['a symbol as a name', () => Object.assign(new Placed(), { [Symbol('a')]: 1 })],
    ['what inherits from an event', () => inheriting(new Placed())],
    ['a getter that throws', () => Object.defineProperty(new Placed(), 'email', { get: raise })],
    ['a proxy that throws', () => new Proxy(new Placed(), { ownKeys: raise })],
    ['a subclass inside', () => withLine(inheriting(inheriting(Line.prototype)))],
    ['an unknown property inside', () => withLine(Object.assign(new Line(), { more: 1 }))],
    ['null where an object belongs', () => withLine(null)],
    [
      'a key that is no text',
      () => Object.assign(new Stored(), { lines: new Map([[null, placedLine()]]) }),
    ],
    [
      'no constructor inside',
      () => withLine(Object.assign(placedLine(), { constructor: undefined })),
    ],
    [
      'a text that only class-validator takes for a short one',
      () => Object.assign(new Odd(), { short: '❤️' }),
    ],
    ['a default that was taken away', () => Object.assign(new Odd(), { given: undefined })],
    ['a getter that nobody can read again', () => Object.assign(new Computed(), { base: 5 })],
    ['an excluded property that every object has', () => Object.assign(new Odd(), { valueOf: 1 })],
    ['a constructor inside', () => withLine(Object.assign(new Line(), { constructor: Placed }))],
    ['a list of a class of its own', () => Object.assign(new Placed(), { lines: new Lines() })],
    [
      'a list with more than items',
      () => Object.assign(new Placed(), { lines: Object.assign([], { more: 1 }) }),
    ],
    [
      'an object that names another class as its own',
      () => Object.defineProperty(new Placed(), 'constructor', { value: Line }),
    ],
  ])('is not sure of %s', (_, make) => {
    expect(isValidForSure(make())).toBe(false);
  });

  it.each<[string, () => object]>([
    ['a nested property without a value', () => new Stored()],
    [
      'a map of objects',
      () => Object.assign(new Stored(), { lines: new Map([['a', placedLine()]]) }),
    ],
    ['an unknown property without a value', () => Object.assign(new Placed(), { more: undefined })],
  ])('is sure of %s', (_, make) => {
    expect(isValidForSure(make())).toBe(true);
  });

  it('heeds options of an address that are inherited', () => {
    class Strict {
      @IsEmail(Object.create({ host_blacklist: ['b.example'] }) as object) email = 'a@b.example';
    }
    expect(isValidForSure(new Strict())).toBe(false);
  });

  it('knows at a glance only addresses that are some to validator.js', () => {
    const chars = fc.constantFrom(
      ...'aZ09-_+.@ é"xn'.split(''),
      '.com',
      'a'.repeat(32),
      'example.org',
    );
    const texts = fc.oneof(
      fc.emailAddress(),
      fc.array(chars, { maxLength: 9 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => !isCommonEmail(text) || isEmail(text)),
      runs(10),
    );
    const tooLong = [`${'a'.repeat(65)}@b.example`, `a@${'b'.repeat(64)}.example`];
    expect(tooLong.some(isCommonEmail)).toBe(false);
    expect(['a@b.example', 'Jo_e.D-oe+1@mail.example.org'].every(isCommonEmail)).toBe(true);
  });
});

function placedLine(): Line {
  return Object.assign(new Line(), { sku: 'a', count: 1 });
}

class Lines extends Array<Line> {}

function withLine(line: object | null): Placed {
  return Object.assign(new Placed(), { lines: [line] });
}

function inheriting(prototype: object): object {
  return Object.create(prototype) as object;
}

function raise(): never {
  throw new Error('nobody may look');
}

describe('the compiled writer and reader', () => {
  class Address {
    @Expose({ name: 'zip_code' }) @IsString() zip!: string;
    @Exclude() @IsString() secret!: string;
  }
  class Base {
    @IsInt()
    @Transform(({ value }) => Number(value) + 1, { toPlainOnly: true })
    @Transform(({ value }) => Number(value) - 1, { toClassOnly: true })
    shifted!: number;
  }
  class Order extends Base {
    @Expose({ name: 'order_id' }) @IsString() id!: string;
    @Type(() => Address) @ValidateNested() address!: Address | null;
    @Type(() => Address) @ValidateNested({ each: true }) others!: Address[];
    @Expose({ name: 'id' }) @IsString({ each: true }) tags!: string[];
  }
  const address = fc
    .record({ zip: fc.string(), secret: fc.string() })
    .map((given) => Object.assign(new Address(), given));
  const orders = fc
    .record({
      shifted: fc.integer(),
      id: fc.string(),
      address: fc.option(address),
      others: fc.array(address),
      tags: fc.array(fc.string()),
    })
    .map((given) => Object.assign(new Order(), given));

  it('do what class-transformer does, where both are to do the same', () => {
    const property = fc.property(orders, (order) => {
      const plain = instanceToPlain(order);
      expect(toPlain(order)).toEqual(plain);
      expect(decode(Order, plain, { cast: true })).toStrictEqual({
        payload: plainToInstance(Order, plain),
      });
    });
    fc.assert(property, runs(0.3));
  });

  it('keep the order of the properties', () => {
    const order = Object.assign(new Order(), { tags: [], unknown: 1, shifted: 1, id: 'a' });
    expect(Object.keys(toPlain(order))).toEqual(['id', 'unknown', 'shifted', 'order_id']);
  });

  it('assign where nothing stands in the way, and define where something does', () => {
    const calls: unknown[] = [];
    class Own {
      @IsInt() value!: number;
      constructor() {
        Object.defineProperty(this, 'value', { configurable: true, set: (one) => calls.push(one) });
      }
    }
    class ReadOnly {
      @IsInt() value!: number;
      constructor() {
        Object.defineProperty(this, 'value', { configurable: true, value: 1 });
      }
    }
    class Guarded {
      @IsInt() value!: number;
      constructor() {
        return new Proxy(this, { set: () => false });
      }
    }
    for (const type of [Own, ReadOnly, Guarded]) {
      const { payload, note } = decode(type, { value: 5, more: 6 }, { cast: true });
      expect({ ...payload }).toEqual({ value: 5, more: 6 });
      expect(note).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });
});

describe('the compiled check of generated classes', () => {
  it('calls no event valid that class-validator refuses, and all others that its rules cover', async () => {
    const counts = { covered: 0, invalid: 0 };
    async function check(plan: RuleCases): Promise<void> {
      let hasPromised = false;
      for (const instance of buildRuleClass(plan).instances) {
        const isSure = isValidForSure(instance);
        const found = await findInvalid(instance).catch((error: unknown) => [error]);
        // What can't be sent at all, of which class-validator says nothing, is refused later. A rule that has passed
        // on such a promise once counts as one that gives promises from then on.
        hasPromised ||= show(instance).includes('Promise {');
        const isLeft = !isCovered(plan) || hasPromised;
        const isRight = isSure ? found.length === 0 : found.length > 0 || isLeft;
        if (!isRight) throw new Error(`${show(instance)}: ${isSure} for sure, ${show(found)}`);
        if (found.length > 0) counts.invalid++;
        else if (isSure) counts.covered++;
      }
    }
    const property = fc.asyncProperty(ruleCases, check);
    await fc.assert(property, { ...runs(), plugins: [fc.afterEach(forget)] });
    expect(counts.invalid).toBeGreaterThan(10);
    expect(counts.covered).toBeGreaterThan(10);
  });
});
