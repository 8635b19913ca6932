import { performance } from 'node:perf_hooks';

/**
 * Runs something for so many events.
 *
 * @returns per event: time, our CPU and Redis's CPU in microseconds, commands that Redis carried out,
 *   and packets that it read: round trips.
 */
export async function measure(client, count, run) {
  const before = await facts(client);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  const time = (performance.now() - began) * 1000;
  const after = await facts(client);
  const perEvent = (total) => total / count;
  return {
    time: perEvent(time),
    cpu: perEvent(user + system),
    redisCpu: perEvent((after.cpu - before.cpu) * 1e6),
    commands: perEvent(after.commands - before.commands),
    reads: perEvent(after.reads - before.reads),
  };
}

async function facts(client) {
  const info = `${await client.info('stats')}${await client.info('cpu')}`;
  const of = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]);
  return {
    commands: of('total_commands_processed'),
    reads: of('total_reads_processed'),
    cpu: of('used_cpu_user') + of('used_cpu_sys'),
  };
}
