import { Redis } from 'ioredis';
import { disturbances, observe } from './measure.mjs';

/** Takes one sample in this process. */
export async function takeHere({ module, row, ...job }) {
  const client = new Redis(job.url, { protocol: 2 });
  observe({ client, cores: job.cores });
  try {
    const { ROWS } = await import(module);
    const { take } = ROWS.find(({ name }) => name === row);
    return { ...(await take({ ...job, client })), disturbed: disturbances[0] };
  } finally {
    client.disconnect();
  }
}
