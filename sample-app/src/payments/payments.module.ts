import { Module } from '@nestjs/common';
import { PAYMENT_LIMIT_MS, PaymentTimeout } from './payment-timeout.js';

const DEFAULT_LIMIT_S = 15 * 60;

@Module({
  providers: [PaymentTimeout, { provide: PAYMENT_LIMIT_MS, useFactory: paymentLimitMs }],
})
export class PaymentsModule {}

function paymentLimitMs(): number {
  const seconds = Number(process.env.PAYMENT_LIMIT_S ?? DEFAULT_LIMIT_S);
  if (seconds > 0) return seconds * 1000;
  throw new Error(
    `PAYMENT_LIMIT_S must be a number of seconds, and is '${process.env.PAYMENT_LIMIT_S}'.`,
  );
}
