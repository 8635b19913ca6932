import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { LightbusModule } from 'nestjs-lightbus';
import { lightbusOptions } from './lightbus.options.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { ProjectionModule } from './projection/projection.module.js';
import { StockModule } from './stock/stock.module.js';
import { StoreExceptionFilter } from './store-exception.filter.js';

@Module({
  imports: [
    LightbusModule.forRootAsync({ useFactory: lightbusOptions }),
    OrdersModule,
    ProjectionModule,
    StockModule,
    NotificationsModule,
  ],
  providers: [
    // Application-wide pipes and filters are for HTTP: listeners don't go through them.
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({
        transform: true,
        whitelist: true,
        forbidNonWhitelisted: true,
        // { message: { <property>: [<what is wrong>] } } rather than a list of sentences.
        errorFormat: 'grouped',
      }),
    },
    { provide: APP_FILTER, useClass: StoreExceptionFilter },
  ],
})
export class AppModule {}
