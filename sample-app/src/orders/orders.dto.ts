import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsEmail,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  ValidateNested,
} from 'class-validator';
import { OrderLine } from './order.events.js';

// What the HTTP API takes. Not the events themselves: an API may change from one day to the next,
// while events of years ago must still be readable.

export class PlaceOrderDto {
  /** Chosen by a client that wants to repeat a request safely: the second one is a conflict. */
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/, { message: 'orderId must be 1 to 64 letters, digits, - or _' })
  orderId?: string;

  @IsEmail()
  customer!: string;

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: OrderLine[];
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
