import { Module } from '@nestjs/common';
import { LightbusModule } from 'nestjs-lightbus';
import { ORDER_EVENTS } from './order.events.js';
import { OrderList } from './order-list.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';

@Module({
  // This module is the authority for these events: only what is registered may be fired.
  imports: [LightbusModule.forFeature([...ORDER_EVENTS])],
  controllers: [OrdersController],
  providers: [OrdersService, OrderList],
})
export class OrdersModule {}
