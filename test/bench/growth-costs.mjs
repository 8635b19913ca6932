import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** @returns of both, what was used while something ran: seconds of CPU, and seconds of time. */
export async function cpuWhile(client, run) {
  const redisBefore = await redisCpu(client);
  const before = process.cpuUsage();
  const began = performance.now();
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  const time = (performance.now() - began) / 1_000;
  return {
    result,
    time,
    process: (user + system) / 1e6,
    redis: (await redisCpu(client)) - redisBefore,
  };
}

/** The longest that Redis kept another client waiting while something ran, s. */
export async function longestWait(url, run) {
  const client = new Redis(url, { protocol: 2 });
  await client.ping();
  let longest = 0;
  let ended = false;
  const pinging = (async () => {
    while (!ended) {
      const began = performance.now();
      await client.ping();
      longest = Math.max(longest, (performance.now() - began) / 1_000);
      await delay(2);
    }
  })();
  await run();
  ended = true;
  await pinging;
  client.disconnect();
  return longest;
}

async function redisCpu(client) {
  const info = await client.info('cpu');
  const of = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]);
  return of('used_cpu_user') + of('used_cpu_sys');
}
