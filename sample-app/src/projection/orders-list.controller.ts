import { Controller, Get } from '@nestjs/common';
import { type OrderSummary, OrdersProjection } from './orders.projection.js';

@Controller('orders')
export class OrdersListController {
  constructor(private readonly projection: OrdersProjection) {}

  @Get()
  list(): OrderSummary[] {
    return this.projection.list();
  }
}
