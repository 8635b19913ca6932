// One sample, in a process of its own: told what to do by one message, it answers with one.
import { Redis } from 'ioredis';

process.once('message', async ({ module, row, contender, url, cores, ...size }) => {
  const client = new Redis(url, { protocol: 2 });
  try {
    const { ROWS } = await import(module);
    const { take } = ROWS.find(({ name }) => name === row);
    process.send({ result: await take({ ...size, contender, url, cores, client }) });
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
  client.disconnect();
  process.disconnect();
  // A peer that leaves something behind must not hold up the others.
  setTimeout(() => process.exit(), 2_000).unref();
});
