import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { Order } from './order.js';
import { CancelOrderDto, PlaceOrderDto, ShipOrderDto } from './orders.dto.js';
import { type HistoryEntry, OrdersRepository } from './orders.repository.js';
import { OrdersService } from './orders.service.js';

/** Commands, and what is read from the history itself. `GET /orders` is the projection's. */
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly commands: OrdersService,
    private readonly orders: OrdersRepository,
  ) {}

  @Post()
  place(@Body() body: PlaceOrderDto): Promise<Order> {
    return this.commands.place(body);
  }

  @Post(':id/pay')
  pay(@Param('id') id: string): Promise<Order> {
    return this.commands.pay(id);
  }

  @Post(':id/ship')
  ship(@Param('id') id: string, @Body() body: ShipOrderDto): Promise<Order> {
    return this.commands.ship(id, body);
  }

  @Post(':id/cancel')
  cancel(@Param('id') id: string, @Body() body: CancelOrderDto): Promise<Order> {
    return this.commands.cancel(id, body);
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<Order> {
    return this.orders.get(id);
  }

  @Get(':id/history')
  history(@Param('id') id: string): Promise<HistoryEntry[]> {
    return this.orders.history(id);
  }
}
