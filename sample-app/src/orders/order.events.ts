import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsDate,
  IsEmail,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { Event } from 'nestjs-lightbus';

// All of these share an API, so they share a stream and have one order; `key` says which order each is about.

/** One position of an order. Money is in whole cents: floating point loses some. */
export class OrderLine {
  @IsString()
  @IsNotEmpty()
  sku!: string;

  @IsInt()
  @Min(1)
  quantity!: number;

  @IsInt()
  @Min(0)
  priceCents!: number;
}

/**
 * What every event of an order says. The customer is repeated so that a listener can do its work
 * with the event alone, without asking another service what came before.
 */
export abstract class OrderFact {
  @IsString()
  @IsNotEmpty()
  orderId!: string;

  @IsEmail()
  customer!: string;
}

export const CURRENCIES = ['EUR', 'USD', 'GBP'] as const;
export type Currency = (typeof CURRENCIES)[number];

/**
 * Version 2. Version 1 had no currency, because the store sold for euros only. What was stored then
 * stays as it is for ever, and is lifted to version 2 whenever it is read.
 */
@Event('store.orders.placed', {
  key: 'orderId',
  version: 2,
  upcasters: { 1: (parameters) => ({ ...parameters, currency: 'EUR' }) },
})
export class OrderPlaced extends OrderFact {
  @IsIn(CURRENCIES)
  currency!: Currency;

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: OrderLine[];

  @IsDate()
  @Type(() => Date)
  placedAt!: Date;
}

@Event('store.orders.paid', { key: 'orderId' })
export class OrderPaid extends OrderFact {
  @IsInt()
  @Min(0)
  amountCents!: number;

  @IsDate()
  @Type(() => Date)
  paidAt!: Date;
}

@Event('store.orders.shipped', { key: 'orderId' })
export class OrderShipped extends OrderFact {
  @IsString()
  @IsNotEmpty()
  carrier!: string;

  @IsDate()
  @Type(() => Date)
  shippedAt!: Date;
}

@Event('store.orders.cancelled', { key: 'orderId' })
export class OrderCancelled extends OrderFact {
  @IsOptional()
  @IsString()
  reason?: string;

  @IsDate()
  @Type(() => Date)
  cancelledAt!: Date;
}

/** Nobody has paid in time. */
@Event('store.orders.expired', { key: 'orderId' })
export class OrderExpired extends OrderFact {
  @IsDate()
  @Type(() => Date)
  expiredAt!: Date;
}

/** Every event that this service owns and may fire about orders. */
export const ORDER_EVENTS = [
  OrderPlaced,
  OrderPaid,
  OrderShipped,
  OrderCancelled,
  OrderExpired,
] as const;

export type OrderEvent = InstanceType<(typeof ORDER_EVENTS)[number]>;

/**
 * What an order costs. History may hold what would be refused today (other services write there, too),
 * so whoever reads it takes it as it comes.
 */
export function totalCentsOf({ lines }: OrderPlaced): number {
  if (!Array.isArray(lines)) return 0;
  return lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0);
}
