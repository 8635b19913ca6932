import { Event, type EventOptions } from 'nestjs-lightbus';
import { expectTypeOf } from 'expect-type';

declare const brand: unique symbol;

@Event('types.keyed', { key: 'orderId' })
export class Text {
  readonly orderId!: string;
}

@Event('types.keyed', { key: 'orderId', version: 2, upcasters: { 1: (parameters) => parameters } })
export class Whole {
  constructor(readonly orderId: number) {}
}

@Event('types.keyed', { key: 'orderId' })
export class Either {
  readonly orderId!: string | number;
}

@Event('types.keyed', { key: 'orderId' })
export class Branded {
  readonly orderId!: string & { readonly [brand]: 'order' };
}

@Event('types.keyed', { key: 'orderId' })
export class Inherited extends Text {
  readonly quantity!: number;
}

@Event('types.keyed', { key: 'orderId' })
export class Computed {
  get orderId(): string {
    return 'o1';
  }
}

@Event('types.keyed', { version: 2, upcasters: { 1: (parameters) => ({ ...parameters }) } })
export class WithoutKey {}

@Event('types.keyed', { key: undefined })
export class UndefinedKey {}

@Event('types.keyed', {
  version: 3,
  upcasters: {
    1: ({ nights, ...rest }: { nights: number }) => ({ ...rest, days: nights + 1 }),
    2: (parameters) => {
      expectTypeOf(parameters).toEqualTypeOf<Record<string, unknown>>();
      return parameters;
    },
  },
})
export class Narrowed {}

// @ts-expect-error -- parameters are an object
@Event('types.keyed', { version: 2, upcasters: { 1: (parameters: string) => ({ parameters }) } })
export class LiftedText {}

// @ts-expect-error -- it returns nothing
@Event('types.keyed', { version: 2, upcasters: { 1: () => undefined } })
export class LiftedToNothing {}

// @ts-expect-error -- no property of this name
@Event('types.keyed', { key: 'order' })
export class Unknown {
  readonly orderId!: string;
}

// @ts-expect-error -- it may be missing
@Event('types.keyed', { key: 'orderId' })
export class Optional {
  readonly orderId?: string;
}

// @ts-expect-error -- it may be null
@Event('types.keyed', { key: 'orderId' })
export class Nullable {
  readonly orderId!: string | null;
}

// @ts-expect-error -- neither a string nor a number
@Event('types.keyed', { key: 'orderId' })
export class Dated {
  readonly orderId!: Date;
}

// @ts-expect-error -- neither a string nor a number
@Event('types.keyed', { key: 'orderId' })
export class Big {
  readonly orderId!: bigint;
}

// @ts-expect-error -- a method
@Event('types.keyed', { key: 'orderId' })
export class Method {
  orderId(): string {
    return 'o1';
  }
}

// @ts-expect-error -- private
@Event('types.keyed', { key: 'orderId' })
export class Private {
  private readonly orderId!: string;
}

// @ts-expect-error -- no name
export const NUMBERED = Event('types.keyed', { key: 1 });

// @ts-expect-error -- upcasters are synchronous
export const LATER = Event('types.keyed', { upcasters: { 1: async (parameters) => parameters } });

expectTypeOf<EventOptions<'orderId'>['key']>().toEqualTypeOf<'orderId' | undefined>();
expectTypeOf<Parameters<NonNullable<EventOptions['upcasters']>[1]>>().toEqualTypeOf<
  [Record<string, unknown>]
>();
