import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  IsDate,
  IsDateString,
  IsEmail,
  IsInt,
  IsPhoneNumber,
  IsOptional,
  IsString,
  ValidateNested,
} from 'class-validator';
import fc from 'fast-check';
import { surveyClass, warningsOfFired } from '../../../lib/event/class-survey.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { JsonSchema } from '../../../lib/event/schema/json-schema.decorator.js';
import { buildClass } from './generated/build-class.js';
import { classPlans } from './generated/plan.js';
import { runs } from './generated/runs.js';

class Decimal {
  constructor(readonly digits: string) {
    if (typeof digits !== 'string') throw new TypeError('no digits');
  }
  toJSON(): string {
    return this.digits;
  }
}

class Line {
  @IsString() sku!: string;
  @Allow() price!: Decimal;
}

describe('surveyClass', () => {
  it('finds nothing where all comes back', () => {
    class Fine {
      @IsDate() at!: Date;
      @Allow() bytes!: Buffer;
      @Allow() tags!: Set<string>;
      @Allow() any!: unknown;
      @ValidateNested() @Type(() => Fine) self!: Fine;
      @Transform(({ value }) => new Decimal(value as string), { toClassOnly: true })
      @Allow()
      price!: Decimal;
      @Expose({ name: 'order_id' }) @IsString() orderId!: string;
      @Exclude() @Allow() secret!: Promise<void>;
      @Expose() get total(): number {
        return 1;
      }
      @Expose() shown(): number {
        return 1;
      }
      @IsOptional() @Exclude() @IsString() note?: string;
      @Exclude() @IsString() kind = 'fine';
      @IsOptional() @IsInt() count: number | null = null;
      @IsDate({ each: true }) @Type(() => Date) dates!: Date[];
      @ValidateNested()
      @Type(() => Fine, { discriminator: { property: 'kind', subTypes: [] } })
      other!: Fine;
    }
    expect(surveyClass(Fine)).toEqual([]);
    expect(surveyClass(Fine, 'received')).toEqual([]);
  });

  it('finds nothing in generated classes, whose instances all come back', () => {
    const property = fc.property(classPlans(2), (plan) => {
      const type = buildClass(plan).type;
      expect([...surveyClass(type), ...surveyClass(type, 'received')]).toEqual([]);
    });
    fc.assert(property, runs(1 / 6));
  });

  it('finds of a class that is only received what concerns its readers', () => {
    class Received {
      @Expose({ name: 'order_id', toClassOnly: true }) @IsString() id!: string;
      @Exclude({ toPlainOnly: true }) @IsString() secret!: string;
      @IsDateString() at!: Date;
      extra = 1;
      @Transform(({ value }) => new RegExp(value as string), { toClassOnly: true })
      pattern!: RegExp;
      @Allow() price!: Decimal;
      @Expose({ name: 'x' }) @IsString() one!: string;
      @Expose({ name: 'x' }) @IsString() other!: string;
      toJSON() {
        return {};
      }
      constructor(given?: string) {
        if (given === undefined) throw new Error('nothing given');
      }
    }
    expect(surveyClass(Received, 'received')).toEqual([
      expect.stringMatching(/^Received can't be made without arguments \(nothing given\)/),
      expect.stringMatching(/^Received\.one is read from 'x', and so is other/),
      expect.stringMatching(/^Received\.other is read from 'x', and so is one/),
      "Received.price is a Decimal, which can't be read again: say how with @Transform(..., { toClassOnly: true })",
    ]);
  });

  it.each<[string, RegExp, () => new () => object]>([
    [
      'a class with toJSON, in a nested object',
      /^Line\.price is a Decimal.*@Transform/,
      () => {
        class Order {
          @ValidateNested({ each: true }) @Type(() => Line) lines!: Line[];
        }
        return Order;
      },
    ],
    [
      'a class of the language that JSON does not know',
      /^Order\.pattern is a RegExp/,
      () => {
        class Order {
          @Allow() pattern!: RegExp;
        }
        return Order;
      },
    ],
    [
      'what extends one',
      /^Order\.error is a Refusal/,
      () => {
        class Refusal extends Error {}
        class Order {
          @Allow() error!: Refusal;
        }
        return Order;
      },
    ],
    [
      'nested objects of no class',
      /^nothing says of which class the objects in Order\.lines are.*@Type/,
      () => {
        class Order {
          @ValidateNested({ each: true }) lines!: Line[];
        }
        return Order;
      },
    ],
    [
      'a class that needs arguments',
      /^Order can't be made without arguments \(no id\)/,
      () => {
        class Order {
          @IsString() id: string;
          constructor(id?: string) {
            if (id === undefined) throw new Error('no id');
            this.id = id;
          }
        }
        return Order;
      },
    ],
    [
      'a name that is only sent',
      /^Order\.id is sent as 'order_id' and read from 'id'/,
      () => {
        class Order {
          @Expose({ name: 'order_id', toPlainOnly: true }) @IsString() id!: string;
        }
        return Order;
      },
    ],
    [
      'what is not read',
      /^Order\.id is sent as 'id' and not read/,
      () => {
        class Order {
          @Exclude({ toClassOnly: true }) @IsString() id!: string;
        }
        return Order;
      },
    ],
    [
      'two properties of one name',
      /^Order\.id is sent as 'x', and so is other/,
      () => {
        class Order {
          @Expose({ name: 'x' }) @IsString() id!: string;
          @Expose({ name: 'x' }) @IsString() other!: string;
        }
        return Order;
      },
    ],
    [
      'an event that extends a built-in class',
      /^Order extends a built-in class/,
      () => {
        class Order extends Error {
          @IsString() id!: string;
        }
        return Order;
      },
    ],
    [
      'a constructor that returns something else',
      /^Order can't be made .*makes an object of another class.*make a new object/,
      () => {
        class Order {
          @IsString() id!: string;
          constructor() {
            return {} as Order;
          }
        }
        return Order;
      },
    ],
    [
      'a constructor that returns the same again',
      /^Order can't be made .*the same instance again/,
      () => {
        class Order {
          static one?: Order;
          @IsString() id!: string;
          constructor() {
            if (Order.one) return Order.one;
            Order.one = this;
          }
        }
        return Order;
      },
    ],
    [
      'a default that no rule knows',
      /^Order\.extra has a value from the start and no class-validator decorator/,
      () => {
        class Order {
          @IsString() id!: string;
          extra = 1;
        }
        return Order;
      },
    ],
    [
      'what is required and not sent',
      /^Order\.secret is not sent.*required.*@IsOptional/,
      () => {
        class Order {
          @Exclude() @IsString() secret!: string;
        }
        return Order;
      },
    ],
    [
      'names of every object, on the wire',
      /^Order\.id is sent as '__proto__': give it another name/,
      () => {
        class Order {
          @Expose({ name: '__proto__' }) @IsString() id!: string;
        }
        return Order;
      },
    ],
    [
      'half of a surrogate pair',
      /^Order\.id is sent as a name with half of a surrogate pair/,
      () => {
        class Order {
          @Expose({ name: 'a\ud800' }) @IsString() id!: string;
        }
        return Order;
      },
    ],
    [
      'names of every object, in the class',
      /^Order\.valueOf can't be validated: .*@Expose/,
      () => {
        class Order {}
        IsString()(Order.prototype, 'valueOf');
        return Order;
      },
    ],
    [
      'a class that is only written by a @Transform',
      /^Order\.price is a Decimal, which can't be read again: .*toClassOnly/,
      () => {
        class Order {
          @Transform(({ value }) => String(value), { toPlainOnly: true }) @Allow() price!: Decimal;
        }
        return Order;
      },
    ],
    [
      'a class that is only read by a @Transform, and not known to JSON',
      /^Order\.pattern is a RegExp, which can't be written as JSON: .*toPlainOnly/,
      () => {
        class Order {
          @Transform(({ value }) => new RegExp(value as string), { toClassOnly: true })
          @Allow()
          pattern!: RegExp;
        }
        return Order;
      },
    ],
    [
      'an accessor of a class that nobody can read',
      /^Order\.price is a Decimal/,
      () => {
        class Order {
          #price!: Decimal;
          @Expose() get price(): Decimal {
            return this.#price;
          }
          set price(price: Decimal) {
            this.#price = price;
          }
        }
        return Order;
      },
    ],
    [
      'two classes of one discriminator name',
      /^Order\.payment has one discriminator name for Line and Other/,
      () => {
        class Other {
          @IsString() x!: string;
        }
        const subTypes = [Line, Other].map((value) => ({ value, name: 'same' }));
        class Order {
          @ValidateNested()
          @Type(() => Line, { discriminator: { property: 'kind', subTypes } })
          payment!: Line | Other;
        }
        return Order;
      },
    ],
    [
      'a rule that the type of the property never satisfies',
      /^Order\.at is a date .*isDateString takes none/,
      () => {
        class Order {
          @IsDateString() at!: Date;
        }
        return Order;
      },
    ],
    [
      'a nested class without rules',
      /^class-validator knows no rule for Bare, so that every Order\.bare/,
      () => {
        class Bare {
          n!: number;
        }
        class Order {
          @ValidateNested() bare!: Bare;
        }
        return Order;
      },
    ],
  ])('finds %s', (_, finding, make) => {
    expect(surveyClass(make())).toContainEqual(expect.stringMatching(finding));
  });
});

describe('warningsOfFired', () => {
  class Contact {
    @IsEmail() email!: string;
    @IsPhoneNumber() phone!: string;
  }
  @Event('survey.customers.called')
  class Called {
    @IsPhoneNumber('DE') phone!: string;
    @ValidateNested() @Type(() => Contact) first!: Contact;
    @ValidateNested({ each: true }) @Type(() => Contact) others!: Contact[];
  }
  @Event('survey.customers.described')
  class Described {
    @IsPhoneNumber('DE') @JsonSchema({ pattern: '^[+]49[0-9]+$' }) phone!: string;
    @IsString() name!: string;
  }

  it('names in one sentence, each once, all rules that the published schema leaves out', () => {
    expect(warningsOfFired(getEventDefinition(Called)!)).toEqual([
      "The published schema of 'survey.customers.called' can't say all that is refused when it is fired: " +
        'Called.phone: isPhoneNumber; Contact.email: isEmail; Contact.phone: isPhoneNumber. ' +
        'Say it with @JsonSchema({ ... }) on the property.',
    ]);
  });

  it('is silent where @JsonSchema says them', () => {
    expect(warningsOfFired(getEventDefinition(Described)!)).toEqual([]);
  });
});
