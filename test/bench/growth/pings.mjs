// Pings a Redis until it is told to end, and tells how long the longest answer took, s. On a thread of its
// own: what the one that is measured does meanwhile must not look like a wait for Redis.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Redis } from 'ioredis';

const PAUSE_MS = 2;
const WARMING_UP = 100;

const client = new Redis(workerData, { protocol: 2 });
for (let i = 0; i < WARMING_UP; i++) await client.ping();
let ended = false;
parentPort.once('message', () => (ended = true));
parentPort.postMessage('ready');
let longest = 0;
while (!ended) {
  const began = performance.now();
  await client.ping();
  longest = Math.max(longest, (performance.now() - began) / 1_000);
  await delay(PAUSE_MS);
}
client.disconnect();
parentPort.postMessage(longest);
