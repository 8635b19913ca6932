import type { NestExpressApplication } from '@nestjs/platform-express';

/**
 * Lets answers hold integers beyond 2^53, which come from other services as `BigInt`: JSON.stringify
 * throws on those. They are sent as texts, as most clients would round a number.
 */
export function sendBigIntsAsTexts(app: NestExpressApplication): void {
  app.set('json replacer', (_key: string, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
