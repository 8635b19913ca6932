import { Module } from '@nestjs/common';
import { OrdersListController } from './orders-list.controller.js';
import { OrdersProjection } from './orders.projection.js';

@Module({
  controllers: [OrdersListController],
  providers: [OrdersProjection],
})
export class ProjectionModule {}
