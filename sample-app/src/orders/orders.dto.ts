import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { CURRENCIES, type Currency } from './order.events.js';

// What the HTTP API takes. Not the events themselves: an API may change from one day to the next,
// while events of years ago must still be readable.

/** Its bounds, and that of the number of lines, keep the total of an order an exact number. */
export class OrderLineDto {
  @IsString()
  @IsNotEmpty()
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(10_000)
  quantity!: number;

  @IsInt()
  @Min(0)
  @Max(10_000_000)
  priceCents!: number;
}

export class PlaceOrderDto {
  /** Chosen by a client that wants to repeat a request safely: the second one is a conflict. */
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/, { message: 'orderId must be 1 to 64 letters, digits, - or _' })
  orderId?: string;

  @IsEmail()
  customer!: string;

  @IsOptional()
  @IsIn(CURRENCIES)
  currency?: Currency;

  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  lines!: OrderLineDto[];
}

export class ShipOrderDto {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  carrier?: string;
}

export class CancelOrderDto {
  @IsOptional()
  @IsString()
  reason?: string;
}
