import { Module } from '@nestjs/common';
import { StockListener } from './stock.listener.js';

/** Listens only, so it registers no events. It could be deployed as a service of its own. */
@Module({ providers: [StockListener] })
export class StockModule {}
