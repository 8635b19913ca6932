import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { EventMessage } from 'nestjs-lightbus';
import type { Order } from './order.js';
import { OrderList, type OrderSummary } from './order-list.js';
import { CancelOrderDto, PlaceOrderDto, ShipOrderDto } from './orders.dto.js';
import { OrdersService } from './orders.service.js';

/** One event of an order, as the HTTP API tells it. */
export type HistoryEntry = Pick<
  EventMessage,
  'sequence' | 'id' | 'nativeId' | 'version' | 'storedVersion' | 'payload'
> & { readonly event: string; readonly storedAt: Date };

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly orderList: OrderList,
  ) {}

  @Post()
  place(@Body() { orderId, currency = 'EUR', ...wish }: PlaceOrderDto): Promise<Order> {
    return this.orders.place({ ...wish, currency }, orderId);
  }

  @Post(':id/pay')
  pay(@Param('id') id: string): Promise<Order> {
    return this.orders.change(id, (order) => order.pay());
  }

  @Post(':id/ship')
  ship(@Param('id') id: string, @Body() { carrier = 'post' }: ShipOrderDto): Promise<Order> {
    return this.orders.change(id, (order) => order.ship(carrier));
  }

  @Post(':id/cancel')
  cancel(@Param('id') id: string, @Body() { reason }: CancelOrderDto): Promise<Order> {
    return this.orders.change(id, (order) => order.cancel(reason));
  }

  @Get()
  list(): OrderSummary[] {
    return this.orderList.all();
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<Order> {
    return this.orders.get(id);
  }

  @Get(':id/history')
  async history(@Param('id') id: string): Promise<HistoryEntry[]> {
    return (await this.orders.history(id)).map(toHistoryEntry);
  }
}

function toHistoryEntry(message: EventMessage): HistoryEntry {
  const { canonicalName: event, timestamp: storedAt, sequence, version, storedVersion } = message;
  const { id, nativeId, payload } = message;
  return { sequence, event, version, storedVersion, storedAt, id, nativeId, payload };
}
