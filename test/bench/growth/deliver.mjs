import { setTimeout as delay } from 'node:timers/promises';
import { costsWhile } from '../measure.mjs';
import { startApplication } from './application.mjs';
import { add, streamOf } from './streams.mjs';

/** Hands events to so many listeners; @returns the costs of this process and of Redis per delivery, us. */
export async function deliver({ url, client }, count, events, atOnce) {
  let missing = 0;
  let all;
  const handle = () => void (--missing === 0 && all());
  const listeners = Array.from({ length: count }, (_, i) => ({
    ...{ name: `listener${i}`, events: 'growth.counted', handle },
  }));
  const app = await startApplication(url, { listeners });
  const batch = async () => {
    missing = count * atOnce;
    const handled = new Promise((resolve) => (all = resolve));
    for (let i = 0; i < atOnce; i++) void add(client, 'growth', i);
    await handled;
  };
  await batch(); // warms up
  await whenAcknowledged(client);
  const batches = Math.ceil(events / atOnce);
  const cost = await costsWhile(async () => {
    for (let i = 0; i < batches; i++) await batch();
    await whenAcknowledged(client);
  });
  await app.close();
  const deliveries = batches * atOnce * count;
  return [(cost.process * 1e6) / deliveries, (cost.redis * 1e6) / deliveries];
}

/** Resolves when no group has a pending entry any more. */
async function whenAcknowledged(client) {
  for (;;) {
    const groups = await client.xinfo('GROUPS', streamOf('growth'));
    if (groups.every((fields) => fields[fields.indexOf('pending') + 1] === 0)) return;
    await delay(5);
  }
}
