import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { owned } from './owned.js';
import { connectTo } from './redis-clients.js';
import { freePort, type RedisServer } from './redis-server.js';
import { waitFor } from './wait-for.js';

/** A `redis-server --sentinel` of our own. */
export interface Sentinel {
  readonly host: string;
  readonly port: number;
}

/** Starts a sentinel that watches a Redis under a name, and waits until it says where that is. */
export async function startSentinel(master: RedisServer, name: string): Promise<Sentinel> {
  const [host, port] = [master.host, await freePort()];
  const file = join(master.dir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    `bind ${host}`,
    `dir ${master.dir}`,
    `sentinel monitor ${name} ${host} ${master.port} 1`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  const { pid } = child;
  if (pid !== undefined) {
    owned().addProcess(pid);
    owned().onEnd(async () => {
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.kill()) await exited;
      owned().removeProcess(pid);
    });
  }
  const client = connectTo(`redis://${host}:${port}`);
  await waitFor(async () => {
    const found = (await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as string[];
    return found?.[1] === String(master.port);
  });
  return { host, port };
}
