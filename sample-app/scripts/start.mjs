// npm start: builds the library and the store, and runs the store on a real Redis where one can be had.
//
//   REDIS_URL       use this Redis, instead of one that is started here
//   PORT            of HTTP; the next free one if it is taken. Default 3000
//   STORE_DATA_DIR  where the Redis that is started here keeps the events. Default sample-app/.redis
//   --no-build      run what was built last
//
// package.json calls it with `exec`, because npm's shell would die of npm's SIGTERM and leave this
// process behind. Windows has no `exec`, reports that, and goes on after the `||`.

import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.mjs';
import { provideRedisServer } from './install-redis.mjs';
import { startRedis } from './redis-server.mjs';

const SAMPLE = resolve(import.meta.dirname, '..');
const ROOT = resolve(SAMPLE, '..');
const SAME_REQUEST_MS = 1000;
const DATA_DIR = resolve(process.env.STORE_DATA_DIR ?? resolve(SAMPLE, '.redis'));

/** The process that a signal has to end before this one can go on to its own end. */
let child;
let signals = 0;
let firstSignalAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
if (process.env.npm_lifecycle_event === 'start') {
  // npm was killed without a chance to pass it on.
  const npm = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    stop();
  }, 1000);
  watch.unref();
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function stop() {
  const now = performance.now();
  // npm passes on the Ctrl-C that the terminal has sent to this process, too: that is one request.
  if (signals > 0 && now - firstSignalAt < SAME_REQUEST_MS) return;
  if (signals === 0) firstSignalAt = now;
  signals++;
  // Whoever asks twice doesn't want to wait for listeners to finish.
  child?.kill(signals === 1 ? 'SIGTERM' : 'SIGKILL');
}

async function main() {
  if (!process.argv.includes('--no-build')) await build();
  if (signals) return 0;
  const events = await chooseTransport();
  try {
    return signals ? 0 : await runStore(events);
  } finally {
    await events.stop?.();
  }
}

async function build() {
  console.log('Building ...');
  await run('npm', ['run', '--silent', 'build'], ROOT);
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  await run(process.execPath, [tsc, '-p', 'tsconfig.json'], SAMPLE);
}

async function run(command, args, cwd) {
  if (signals) return;
  child = spawn(command, args, { cwd, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0 && !signals) throw new Error(`This failed: ${command} ${args.join(' ')}`);
}

/** Where events are kept: what to tell the user, the application's environment, how to stop it. */
async function chooseTransport() {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { text: `the Redis in REDIS_URL, ${withoutPassword(REDIS_URL)}` };
  const problem = provideRedisServer();
  if (problem) {
    return { text: 'memory', env: { EVENT_TRANSPORT: 'memory' }, banner: memoryBanner(problem) };
  }
  const redis = await startRedis(DATA_DIR);
  return {
    text: `${redis.url}, append-only file in ${DATA_DIR}`,
    env: { REDIS_URL: redis.url },
    exited: redis.exited,
    stop: () => redis.stop(),
  };
}

async function runStore(events) {
  const port = await freePort(Number(process.env.PORT ?? 3000));
  child = fork(resolve(SAMPLE, 'dist/main.js'), {
    cwd: SAMPLE,
    env: { ...process.env, ...events.env, PORT: String(port) },
    execArgv: ['--import', new URL('exit-with-parent.mjs', import.meta.url).href],
    // A process group of its own, so that Ctrl-C is one signal for the application and not two.
    detached: true,
  });
  let redisDied = false;
  void events.exited?.then(() => {
    // Also true when this script stops Redis, but then the application has ended before.
    redisDied = true;
    child.kill('SIGTERM');
  });
  const exited = once(child, 'exit');
  if (await answers(port)) console.log(instructions(`http://localhost:${port}`, events));
  const [code] = await exited;
  if (redisDied) throw new Error(`redis-server ended by itself; see ${DATA_DIR}/redis.log`);
  return code ?? 1;
}

/** Waits for the store to take requests. False where it ended before it did. */
async function answers(port) {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  while (isRunning()) {
    const response = await fetch(`http://localhost:${port}/orders`).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  }
  return false;
}

function instructions(url, events) {
  const orderId = `order-${randomBytes(3).toString('hex')}`;
  const order = {
    orderId,
    customer: 'ada@example.com',
    lines: [{ sku: 'teapot', quantity: 2, priceCents: 1250 }],
  };
  return `
${events.banner ?? ''}The store is running: ${url}/orders
Events are kept in ${events.text}

Try it:

  curl -X POST ${url}/orders -H 'content-type: application/json' -d '${JSON.stringify(order)}'
  curl -X POST ${url}/orders/${orderId}/pay
  curl ${url}/orders/${orderId}/history

Ctrl-C stops it.
`;
}

function memoryBanner(problem) {
  return `
******************************************************************************
  NO REDIS: events are kept in the memory of this process and DIE WITH IT.

  There is no redis-server on the PATH, and ${problem}

  Install Redis and start again:
    Debian, Ubuntu   sudo apt-get install redis-server
    macOS            brew install redis
  or name one that runs elsewhere:
    REDIS_URL=redis://host:6379/0 npm start
******************************************************************************

`;
}

function withoutPassword(url) {
  if (!URL.canParse(url)) return '(not a URL)';
  const parsed = new URL(url);
  if (parsed.password) parsed.password = '***';
  return parsed.href;
}
