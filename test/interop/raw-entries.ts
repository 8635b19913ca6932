import type { Redis } from 'ioredis';
import { uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';

/** `wire.perevent.alpha:stream` is of the API `wire.perevent`. */
export function apiOf(stream: string): string {
  return stream.slice(0, stream.lastIndexOf('.'));
}

/** Puts an entry on a stream byte for byte. */
export async function add(
  redis: Redis,
  stream: string,
  fields: readonly (string | Buffer)[],
): Promise<string> {
  return (await redis.call('XADD', stream, '*', ...fields)) as string;
}

/** Fields of an event, as Python writes them. */
export function eventFields(stream: string, eventName: string, ...parameters: string[]): string[] {
  const metadata = ['id', uniqueName('id'), 'api_name', apiOf(stream), 'event_name', eventName];
  return [...metadata, 'version', '1', ...parameters];
}

/** An entry that was set aside: why, and its fields as they were. */
export interface DeadLetter {
  readonly report: Record<string, unknown>;
  readonly copy: readonly Buffer[];
}

/** What a group has set aside of a stream. */
export async function deadLetters(
  redis: Redis,
  stream: string,
  group: string,
): Promise<DeadLetter[]> {
  const key = `lightbus:dead_letters:{${stream}}:${group}`;
  const letters = await redis.xrangeBuffer(key, '-', '+');
  return letters.map(([id, fields]) => {
    const [name, report, ...copy] = fields;
    if (String(name) !== 'dead_letter')
      throw new Error(`${String(id)} begins with ${String(name)}`);
    return { report: JSON.parse(String(report)) as Record<string, unknown>, copy };
  });
}

/** Resolves when a group has acknowledged everything that it was given. */
export async function whenNothingIsPending(
  redis: Redis,
  streams: readonly string[],
  group: string,
): Promise<void> {
  for (const stream of streams) {
    await waitFor(async () => (await redis.xpending(stream, group))[0] === 0);
  }
}
