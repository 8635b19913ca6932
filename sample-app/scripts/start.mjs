// npm start: builds the library and the store, and runs the store on a real Redis where one can be had,
// as two processes: one for HTTP (dist/main.js) and a worker (lightbus run).
//
//   REDIS_URL         use this Redis, instead of one that is started here
//   PORT              of HTTP; the next free one if it is taken. Default 3000
//   PAYMENT_LIMIT_S   how long orders wait for their payment. Default 900
//   STORE_DATA_DIR    where the Redis that is started here keeps the events. Default sample-app/.redis
//   STORE_REDIS_PORT  of that Redis; the next free one if it is taken. Default 6379
//   --no-build        run what was built last
//
// package.json calls it with `exec`, because npm's shell would die of npm's SIGTERM and leave this
// process behind. Windows has no `exec`, reports that, and goes on after the `||`.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.mjs';
import { provideRedisServer } from './install-redis.mjs';
import { DEFAULT_URL, startRedis } from './redis-server.mjs';

const SAMPLE = resolve(import.meta.dirname, '..');
const ROOT = resolve(SAMPLE, '..');
const SAME_REQUEST_MS = 1000;
// The first one of the tour.
const ORDER = {
  orderId: 'tea-1',
  customer: 'ada@example.com',
  lines: [{ sku: 'teapot', quantity: 2, priceCents: 1250 }],
};
const DATA_DIR = resolve(process.env.STORE_DATA_DIR ?? resolve(SAMPLE, '.redis'));

/** The processes that a signal has to end before this one can go on to its own end. */
let children = [];
const asked = new Set();
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
  endChildren(signals === 1 ? 'SIGTERM' : 'SIGKILL');
}

function endChildren(signal) {
  for (const child of children) {
    // A worker that is asked twice does not finish what it is at.
    if (signal === 'SIGTERM' && asked.has(child)) continue;
    asked.add(child);
    child.kill(signal);
  }
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
  const child = spawn(command, args, { cwd, stdio: 'inherit' });
  children = [child];
  const [code] = await once(child, 'exit');
  if (code !== 0 && !signals) throw new Error(`This failed: ${command} ${args.join(' ')}`);
}

/** Where events are kept: what to tell the user, the environment of the store, how to stop it. */
async function chooseTransport() {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) {
    const text = `the Redis in REDIS_URL, ${withoutPassword(REDIS_URL)}`;
    return { text, preparation: 'export REDIS_URL=...   # as here' };
  }
  const problem = provideRedisServer();
  if (problem) {
    return { text: 'memory', env: { EVENT_TRANSPORT: 'memory' }, banner: memoryBanner(problem) };
  }
  const redis = await startRedis(DATA_DIR, Number(process.env.STORE_REDIS_PORT ?? 6379));
  return {
    text: `${redis.url}, append-only file in ${DATA_DIR}`,
    env: { REDIS_URL: redis.url },
    // Without it, the commands of the tour would talk to whoever has the usual port.
    preparation: redis.url === DEFAULT_URL ? undefined : `export REDIS_URL=${redis.url}`,
    exited: redis.exited,
    stop: () => redis.stop(),
  };
}

async function runStore(events) {
  const port = await freePort(Number(process.env.PORT ?? 3000));
  const env = { ...events.env, PORT: String(port) };
  const inMemory = env.EVENT_TRANSPORT === 'memory';
  const http = start('dist/main.js', [], env);
  // What is in the memory of one process, no other one sees.
  const worker = inMemory ? undefined : start('../lib/cli/lightbus.js', ['run'], env, 'pipe');
  children = worker ? [http, worker] : [http];
  let redisDied = false;
  void events.exited?.then(() => {
    // Also true when this script stops Redis, but then the store has ended before.
    redisDied = true;
    endChildren('SIGTERM');
  });
  const exits = children.map((child) => once(child, 'exit'));
  // Half a store is worse than none: it takes orders that nobody handles.
  for (const exit of exits) void exit.then(() => endChildren('SIGTERM'));
  const [answering, working] = await Promise.all([answers(http, port), worker && works(worker)]);
  if (answering && working !== false) {
    console.log(instructions(`http://localhost:${port}`, events, worker?.pid));
  }
  const codes = (await Promise.all(exits)).map(([code]) => code ?? 1);
  if (redisDied) throw new Error(`redis-server ended by itself; see ${DATA_DIR}/redis.log`);
  return Math.max(...codes);
}

/** Starts one process of the store. */
function start(file, args, env, stdout = 'inherit') {
  return fork(resolve(SAMPLE, file), args, {
    cwd: SAMPLE,
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    env: { ...process.env, ...env },
    execArgv: ['--import', new URL('exit-with-parent.mjs', import.meta.url).href],
    // A process group of its own, so that Ctrl-C is one signal for it and not two.
    detached: true,
  });
}

/** Shows what the worker says, and waits for it to say that it runs. False where it ended before it did. */
async function works(worker) {
  let said = '';
  for await (const text of worker.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    process.stdout.write(text);
    said += text;
    if (!said.includes('Running AppModule')) continue;
    worker.stdout.pipe(process.stdout);
    return true;
  }
  return false;
}

/** Waits for the store to take requests. False where it ended before it did. */
async function answers(http, port) {
  const isRunning = () => http.exitCode === null && http.signalCode === null;
  while (isRunning()) {
    const response = await fetch(`http://localhost:${port}/orders`).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  }
  return false;
}

function instructions(url, { banner = '', text, preparation }, workerId) {
  const worker = workerId === undefined ? '' : `The worker is process ${workerId}.\n`;
  const first = preparation === undefined ? '' : `  ${preparation}\n`;
  return `
${banner}The store is running: ${url}/orders
${worker}Events are kept in ${text}

Begin, in another terminal, with

  cd ${SAMPLE}
${first}  curl -X POST ${url}/orders -H 'content-type: application/json' -d '${JSON.stringify(ORDER)}'
  curl -X POST ${url}/orders/tea-1/pay
  curl ${url}/orders/tea-1/history

and go on with the tour in sample-app/README.md. Ctrl-C stops it.
`;
}

function memoryBanner(problem) {
  return `
******************************************************************************
  NO REDIS: events are kept in the memory of one process and DIE WITH IT.
  There is no worker of its own, and the command 'lightbus' sees nothing.

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
