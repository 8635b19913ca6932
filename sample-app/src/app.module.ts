import { join } from 'node:path';
import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { LightbusExceptionFilter, LightbusModule } from 'nestjs-lightbus';
import { MailModule } from './mail/mail.module.js';
import { OrdersExceptionFilter } from './orders/orders-exception.filter.js';
import { OrdersModule } from './orders/orders.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { StockModule } from './stock/stock.module.js';

// For a try-out without any Redis.
const inMemory = process.env.EVENT_TRANSPORT === 'memory';

/** One application, run as two kinds of processes: HTTP (main.ts) and workers (`lightbus run`). */
@Module({
  imports: [
    LightbusModule.forRoot({
      config: join(import.meta.dirname, '..', inMemory ? 'lightbus.memory.yaml' : 'lightbus.yaml'),
      // HTTP takes requests and fires events. Listeners run in workers: 'lightbus run' listens whatever is said here. But
      // what is in the memory of one process, no other one sees.
      features: inMemory ? ['events'] : [],
    }),
    OrdersModule,
    PaymentsModule,
    StockModule,
    MailModule,
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
    { provide: APP_FILTER, useClass: LightbusExceptionFilter },
    { provide: APP_FILTER, useClass: OrdersExceptionFilter },
  ],
})
export class AppModule {}
