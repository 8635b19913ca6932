// What something costs in this process and on the Redis that it uses. A process takes one sample: what is
// observed is told once.
import { performance } from 'node:perf_hooks';
import { busy, disturbanceOf, spin } from './disturbance.mjs';

let observer;

/** Why what was measured here is disturbed; empty where it is not. */
export const disturbances = [];

/**
 * To be called first.
 *
 * @param it.client a connection to Redis that nothing else uses.
 * @param it.cores where server and client run, if they are bound to a core.
 */
export function observe(it) {
  observer = it;
  disturbances.length = 0;
}

/**
 * What a run costs for each of so many events.
 *
 * @returns events a second; per event CPU of this process and of Redis in microseconds, commands that Redis
 *   carried out, and packets that it read: round trips.
 */
export async function measure(count, run) {
  const cost = await costsWhile(run);
  return {
    'events/s': count / cost.time,
    'client CPU, us': (cost.process / count) * 1e6,
    'server CPU, us': (cost.redis / count) * 1e6,
    commands: cost.commands / count,
    'round trips': cost.reads / count,
  };
}

/**
 * What is used while something runs: seconds of time, of CPU of this process and of Redis, commands that Redis
 * carries out, and packets that it reads; and what came out of it.
 */
export async function costsWhile(run) {
  globalThis.gc?.();
  const spins = [spin()];
  const before = await facts();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const result = await run();
  const time = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await facts();
  spins.push(spin());
  const used = (name) => after[name] - before[name];
  const own = (user + system) / 1e6;
  const disturbed = disturbanceOf({
    ...{ time, spins },
    cores: [
      { name: 'client', busy: used('client'), own },
      { name: 'server', busy: used('server'), own: used('redis') },
    ],
  });
  if (disturbed) disturbances.push(disturbed);
  return {
    ...{ result, time, process: own, redis: used('redis') },
    ...{ commands: used('commands'), reads: used('reads') },
  };
}

async function facts() {
  const { client, cores } = observer;
  const info = `${await client.info('stats')}${await client.info('cpu')}`;
  const of = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]);
  return {
    commands: of('total_commands_processed'),
    reads: of('total_reads_processed'),
    redis: of('used_cpu_user') + of('used_cpu_sys'),
    client: busy(cores?.client),
    server: busy(cores?.server),
  };
}
