import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Counted, SERVICE, startApplication } from './growth-application.mjs';
import { cpuWhile } from './growth-costs.mjs';
import { fill, setAside, streamOf } from './growth-streams.mjs';

const GROUP = `${SERVICE}-listener`;

/** What firing costs, and dealing with dead letters. */
export const STORING = [
  {
    name: 'fire under an own id (UUID version 7)',
    of: 'entries of the last seconds',
    sizes: [100, 10_000, 100_000],
    quick: [100, 10_000],
    units: ['ms', 'ms of a retry', 'us CPU of Redis'],
    async measure({ url, client }, entries) {
      const { bus, close } = await startApplication(url, {});
      await bus.fire(Counted, { n: 0, text: 'warms up' }, { id: uuid7() });
      await fill(client, 'growth', entries);
      const ids = Array.from({ length: 20 }, uuid7);
      const fire = async () => {
        for (const id of ids) await bus.fire(Counted, { n: 1, text: 'some text' }, { id });
      };
      const first = await cpuWhile(client, fire);
      const retry = await cpuWhile(client, fire);
      await close();
      const each = (seconds) => (seconds / ids.length) * 1e3;
      return [each(first.time), each(retry.time), each(first.redis) * 1e3];
    },
  },
  {
    name: 'redriving one dead letter',
    of: 'dead letters',
    sizes: [100, 20_000, 200_000],
    quick: [100, 20_000],
    units: ['s', 's CPU of Redis'],
    async measure({ url, client }, letters) {
      const [id] = await deadLetters(client, letters);
      const handle = () => undefined;
      const app = await startApplication(url, {
        listeners: [{ name: 'listener', events: 'growth.counted', handle }],
      });
      const cost = await cpuWhile(client, () => app.listeners.redrive('listener', [id]));
      await app.close();
      if (cost.result !== 1) throw new Error(`redrive resolved to ${cost.result}`);
      return [cost.time, cost.redis];
    },
  },
  {
    name: "'deadletters list', its first line",
    of: 'dead letters',
    sizes: [100, 20_000, 200_000],
    quick: [100, 20_000],
    units: ['s', 'MB of memory'],
    async measure({ url, client }, letters) {
      await deadLetters(client, letters);
      return firstLine(url, ['deadletters', 'list', 'listener', `--service-name=${SERVICE}`]);
    },
  },
];

/** A group that has handled nothing and given up everything. @returns ids of its newest letters. */
async function deadLetters(client, count) {
  await fill(client, 'growth', count);
  await client.xgroup('CREATE', streamOf('growth'), GROUP, '$');
  const key = await setAside(client, 'growth', GROUP);
  const newest = await client.xrevrange(key, '+', '-', 'COUNT', 1);
  return newest.map(([id]) => id);
}

/** @returns when the command had printed something, s, and the peak of its memory by then, MB. */
async function firstLine(url, args) {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-bench-'));
  const config = join(dir, 'lightbus.json');
  const apis = { default: { event_transport: { redis: { url } } } };
  writeFileSync(config, JSON.stringify({ apis }));
  const began = performance.now();
  const child = spawn(process.execPath, ['lib/cli/lightbus.js', ...args, `--config=${config}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const [first] = await Promise.race([once(child.stdout, 'data'), exited]);
    if (!Buffer.isBuffer(first)) throw new Error(`'${args.join(' ')}' printed nothing.`);
    return [(performance.now() - began) / 1_000, peakMemory(child.pid)];
  } finally {
    // As under `head -1`.
    child.stdout.destroy();
    await exited;
    rmSync(dir, { recursive: true });
  }
}

/** Peak of a process's memory so far, MB; Linux tells it. */
function peakMemory(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_000;
  } catch {
    return NaN;
  }
}

function uuid7() {
  const time = Date.now().toString(16).padStart(12, '0');
  const noise = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(0, 3)}-8${noise.slice(3, 6)}-${noise.slice(6, 18)}`;
}
