import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { Allow, IsDate, IsString, ValidateNested } from 'class-validator';
import { surveyClass } from '../../../lib/event/class-survey.js';

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
    }
    expect(surveyClass(Fine)).toEqual([]);
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
  ])('finds %s', (_, finding, make) => {
    expect(surveyClass(make())).toContainEqual(expect.stringMatching(finding));
  });
});
