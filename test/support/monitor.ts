import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { waitFor } from './wait-for.js';

/** A command that Redis has run. */
export interface MonitoredCommand {
  /** When, by Redis's clock. Milliseconds since the epoch. */
  readonly time: number;
  /** Name and arguments; the name in lower case. */
  readonly args: readonly string[];
  /** Whether a script ran it. */
  readonly inScript: boolean;
}

/**
 * Records every command that Redis runs, those within scripts too, until the client is
 * disconnected.
 *
 * @param client a client of its own, which can't do anything else any more.
 */
export async function recordCommands(client: Redis): Promise<MonitoredCommand[]> {
  const commands: MonitoredCommand[] = [];
  const monitor = await monitorOn(client);
  monitor.on('monitor', (time: string, [name = '', ...args]: string[], source: string) => {
    const inScript = source === 'lua';
    commands.push({ time: Number(time) * 1000, args: [name.toLowerCase(), ...args], inScript });
  });
  return commands;
}

/**
 * What Redis has run, of what is recorded, while something was done: all of it, and nothing from before.
 *
 * @param raw any other client of that Redis.
 */
export async function commandsWhile(
  commands: readonly MonitoredCommand[],
  raw: Redis,
  what: () => Promise<unknown>,
): Promise<MonitoredCommand[]> {
  const from = await mark(commands, raw);
  await what();
  return commands.slice(from, (await mark(commands, raw)) - 1);
}

/** How many commands were recorded up to now. */
async function mark(commands: readonly MonitoredCommand[], raw: Redis): Promise<number> {
  const text = randomUUID();
  await raw.ping(text);
  return waitFor(() => commands.findLastIndex(({ args }) => args[1] === text) + 1);
}

/** A connection in the state of MONITOR. */
export async function monitorOn(client: Redis): Promise<Redis> {
  // What ioredis asks when it connects must not be among what is recorded.
  await client.ping();
  for (;;) {
    try {
      return await client.monitor();
    } catch (error) {
      // A command of somebody else that Redis tells in the same packet as its OK: ioredis is not ready for it.
      if (!String(error).includes('Command queue state error')) throw error;
    }
  }
}
