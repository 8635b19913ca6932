import { performance } from 'node:perf_hooks';
import { busy, disturbanceOf, spin } from './disturbance.mjs';

/**
 * Runs something for so many events.
 *
 * @param options.client a connection of the observer, not of the peer.
 * @param options.cores where server and client run, if they are bound to a core.
 * @returns events a second; per event CPU of the client and of Redis in microseconds, commands that Redis
 *   carried out, and packets that it read: round trips; and why the sample is disturbed, if it is.
 */
export async function measure({ client, cores }, count, run) {
  globalThis.gc?.();
  const spins = [spin()];
  const before = await facts(client, cores);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await run();
  const time = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const after = await facts(client, cores);
  spins.push(spin());
  const own = (user + system) / 1e6;
  const used = after.cpu - before.cpu;
  const each = (name) => (after[name] - before[name]) / count;
  return {
    figures: {
      'events/s': count / time,
      'client CPU, us': (own / count) * 1e6,
      'server CPU, us': (used / count) * 1e6,
      commands: each('commands'),
      'round trips': each('reads'),
    },
    disturbed: disturbanceOf({
      ...{ time, spins },
      cores: [
        { name: 'client', busy: after.client - before.client, own },
        { name: 'server', busy: after.server - before.server, own: used },
      ],
    }),
  };
}

async function facts(client, cores) {
  const info = `${await client.info('stats')}${await client.info('cpu')}`;
  const of = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]);
  return {
    commands: of('total_commands_processed'),
    reads: of('total_reads_processed'),
    cpu: of('used_cpu_user') + of('used_cpu_sys'),
    client: busy(cores?.client),
    server: busy(cores?.server),
  };
}
