import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fireAtARate } from '../at-a-rate.mjs';
import { onCores } from '../cores.mjs';
import { Handled } from '../handled.mjs';
import { costsWhile } from '../measure.mjs';
import { HANDLING, startPeer } from '../peers/peers.mjs';
import { percentile } from '../statistics.mjs';

const FIRING_PROCESS = fileURLToPath(new URL('../firing-process.mjs', import.meta.url));
const FIGURES = ['p50, us', 'p99, us'];

/** From the call of `fire` to the handler, at a rate that keeps nobody busy. */
export const ROWS = [
  { name: 'latency, fired in the same process', fire: fireAtARate },
  { name: 'latency, fired in another process', fire: fireElsewhere },
].map(({ name, fire }) => ({
  ...{ group: 'latency', name, module: import.meta.url, warmUp: 500 },
  contenders: () => HANDLING.map((peer) => ({ ...peer, share: 1 })),
  ...{ counts: { full: 1_000, quick: 200, smoke: 10 }, better: 'lower', compared: FIGURES },
  take: (job) => take(job, fire),
}));

async function take({ contender, count, warmUp, url, cores }, fire) {
  const all = warmUp + count;
  const handled = new Handled(0, all);
  handled.release();
  const arrived = [];
  const peer = await startPeer(contender, {
    ...{ url, batchSize: 10 },
    handler(event) {
      arrived[event.n] = process.hrtime.bigint();
      return handled.one(event);
    },
  });
  const run = async () => {
    const fired = await fire(peer, all, { contender, url, cores });
    await handled.all;
    return fired;
  };
  // Where another process fires on the same core, it would count as a disturbance.
  const fired = fire === fireAtARate ? (await costsWhile(run)).result : await run();
  await peer.close();
  const latencies = fired.map((at, n) => Number(arrived[n] - at) / 1e3).slice(warmUp);
  const values = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return { figures: Object.fromEntries(FIGURES.map((figure, i) => [figure, values[i]])), lost: 0 };
}

/** Both processes read the same monotonic clock. */
async function fireElsewhere(_, count, { contender, url, cores }) {
  const [command, ...args] = onCores(cores?.others, [process.execPath, FIRING_PROCESS]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const answered = once(child, 'message');
  child.send({ contender, url, count });
  const [fired] = await Promise.race([answered, exited]);
  await exited;
  if (!Array.isArray(fired)) throw new Error(`The process that fires ended with ${fired}.`);
  return fired.map(BigInt);
}
