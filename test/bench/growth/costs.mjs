import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { costsWhile } from '../measure.mjs';

/** What this process and a Redis use while nothing happens, % of a core. */
export async function sharesWhileIdle(ms) {
  const cost = await costsWhile(() => delay(ms));
  return [(cost.process / cost.time) * 100, (cost.redis / cost.time) * 100];
}

/**
 * The longest that Redis kept another client waiting while something ran, s. That one's commands cost
 * Redis as well: not to be used while its CPU is measured.
 */
export async function longestWait(url, run) {
  const pinging = new Worker(new URL('pings.mjs', import.meta.url), { workerData: url });
  await once(pinging, 'message');
  await run();
  const answered = once(pinging, 'message');
  pinging.postMessage('end');
  const [longest] = await answered;
  return longest;
}

/** What a Redis was asked while something ran, a second: commands, those of scripts too, and scripts. */
export async function askedWhile(client, run) {
  const before = await asked(client);
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1_000;
  const after = await asked(client);
  return {
    commands: (after.commands - before.commands) / seconds,
    scripts: (after.scripts - before.scripts) / seconds,
  };
}

async function asked(client) {
  const info = await client.info('commandstats');
  const calls = [...info.matchAll(/^cmdstat_(.+?):calls=(\d+)/gm)];
  const sum = (found) => found.reduce((total, [, , count]) => total + Number(count), 0);
  return { commands: sum(calls), scripts: sum(calls.filter(([, name]) => /^eval/.test(name))) };
}
