import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsDate,
  IsEmail,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { Event } from 'nestjs-lightbus';

/** Selects all events of orders. They share an API, so they share a stream and have one order. */
export const ALL_ORDER_EVENTS = 'store.orders.*';

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
abstract class OrderFact {
  @IsString()
  @IsNotEmpty()
  orderId!: string;

  @IsEmail()
  customer!: string;
}

@Event('store.orders.placed')
export class OrderPlaced extends OrderFact {
  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: OrderLine[];

  @IsDate()
  @Type(() => Date)
  placedAt!: Date;
}

@Event('store.orders.paid')
export class OrderPaid extends OrderFact {
  @IsInt()
  @Min(0)
  amountCents!: number;

  @IsDate()
  @Type(() => Date)
  paidAt!: Date;
}

@Event('store.orders.shipped')
export class OrderShipped extends OrderFact {
  @IsString()
  @IsNotEmpty()
  carrier!: string;

  @IsDate()
  @Type(() => Date)
  shippedAt!: Date;
}

@Event('store.orders.cancelled')
export class OrderCancelled extends OrderFact {
  @IsOptional()
  @IsString()
  reason?: string;

  @IsDate()
  @Type(() => Date)
  cancelledAt!: Date;
}

export type OrderEvent = OrderPlaced | OrderPaid | OrderShipped | OrderCancelled;

/** Every event that this service owns and may fire, by its name within the API. */
export const ORDER_EVENTS: ReadonlyMap<string, new () => OrderEvent> = new Map<
  string,
  new () => OrderEvent
>([
  ['placed', OrderPlaced],
  ['paid', OrderPaid],
  ['shipped', OrderShipped],
  ['cancelled', OrderCancelled],
]);
