// Stores an order as the first version of this store did, or as a service in Python would that was
// never told of currencies: version 1, field by field, with nothing of this library.
//
//   node scripts/legacy-order.mjs [orderId]     the Redis in REDIS_URL, or the usual one

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { DEFAULT_URL } from './redis-server.mjs';

const orderId = process.argv[2] ?? 'legacy-1';
const parameters = {
  orderId,
  customer: 'grace@example.com',
  lines: [{ sku: 'punched card', quantity: 80, priceCents: 5 }],
  placedAt: new Date().toISOString(),
};
const fields = {
  id: randomUUID(),
  api_name: 'store.orders',
  event_name: 'placed',
  version: '1',
};
for (const [name, value] of Object.entries(parameters)) fields[`:${name}`] = JSON.stringify(value);

const redis = new Redis(process.env.REDIS_URL ?? DEFAULT_URL);
await redis.xadd('store.orders.*:stream', '*', ...Object.entries(fields).flat());
await redis.quit();
console.log(`Stored ${orderId}, version 1.`);
