import type { Redis } from 'ioredis';

/** Name and version of a server: `Valkey 8.1.1`. */
export async function serverName(client: Redis): Promise<string> {
  const info = await client.info('server');
  const of = (name: string): string | undefined =>
    new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]?.trim();
  const valkey = of('valkey_version');
  return valkey ? `Valkey ${valkey}` : `Redis ${of('redis_version')}`;
}
