import { readFile } from 'node:fs/promises';
import type { LightbusConfig, LightbusModuleOptions } from 'nestjs-lightbus';
import { parse } from 'yaml';

const FILE = new URL('../lightbus.yaml', import.meta.url);

/**
 * The settings of lightbus.yaml, with what only the environment knows put in their place:
 * `REDIS_URL`, and `EVENT_TRANSPORT=memory` for a try-out without any Redis.
 */
export async function lightbusOptions(): Promise<LightbusModuleOptions> {
  const { REDIS_URL, EVENT_TRANSPORT } = process.env;
  const inMemory = EVENT_TRANSPORT === 'memory';
  const config = parse(await readFile(FILE, 'utf8'), (key, value: unknown) => {
    if (key === 'url' && REDIS_URL) return REDIS_URL;
    if (key === 'event_transport' && inMemory) return { memory: {} };
    // Without a Redis there is no place to publish a schema to.
    if (key === 'bus' && inMemory) return undefined;
    return value;
  }) as LightbusConfig;
  return { config };
}
