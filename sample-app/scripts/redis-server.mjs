import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

const HOST = '127.0.0.1';

/** Where lightbus.yaml expects Redis, unless REDIS_URL says otherwise. */
export const DEFAULT_URL = urlOf(6379);

/**
 * Starts a `redis-server` that keeps everything in an append-only file in `dir`.
 *
 * @param preferred the port; the next free one if it is taken
 * @returns {Promise<{ url: string, pid: number, exited: Promise<void>, stop(): Promise<void> }>}
 */
export async function startRedis(dir, preferred) {
  mkdirSync(dir, { recursive: true });
  await stopLeftover(dir);
  const port = await freePort(preferred, HOST);
  const child = spawn('redis-server', settings(port), {
    cwd: dir,
    stdio: 'ignore',
    // A process group of its own: Ctrl-C must not reach Redis before the application has drained.
    detached: true,
  });
  await once(child, 'spawn');
  const exited = new Promise((resolve) => child.once('exit', resolve));
  writeState(dir, { pid: child.pid, port, startedBy: process.pid });
  while (!(await ask(port, 'PING')).startsWith('+PONG')) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`redis-server could not start:\n${lastLines(join(dir, 'redis.log'))}`);
    }
    await sleep(50);
  }
  return {
    url: urlOf(port),
    pid: child.pid,
    exited,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      rmSync(stateFile(dir), { force: true });
    },
  };
}

function urlOf(port) {
  return `redis://${HOST}:${port}/0`;
}

function settings(port) {
  const conf = {
    port: String(port),
    bind: HOST,
    dir: '.',
    logfile: 'redis.log',
    // The events are the only copy of what happened: no confirmed one may be lost in a crash,
    appendonly: 'yes',
    appendfsync: 'always',
    // and when memory is full, writing fails rather than old ones being dropped.
    'maxmemory-policy': 'noeviction',
    save: '',
  };
  return Object.entries(conf).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Stops the Redis of a start script that was killed before it could do so. */
async function stopLeftover(dir) {
  const state = readState(dir);
  if (!state || !(await isOurs(state, dir))) return;
  const { pid, port, startedBy } = state;
  if (isAlive(startedBy)) {
    throw new Error(
      `The store runs already on the events in ${dir}: process ${startedBy} has started it. ` +
        `Stop it first: kill ${startedBy}`,
    );
  }
  console.log(`Stopping the Redis (process ${pid}) that an earlier start has left behind.`);
  process.kill(pid, 'SIGTERM');
  while (await ask(port, 'PING')) await sleep(50);
}

/** Process ids and ports are used again, so the server itself says whether it is the one we mean. */
async function isOurs({ pid, port }, dir) {
  const info = await ask(port, 'INFO server');
  const config = await ask(port, 'CONFIG GET dir');
  return info.includes(`process_id:${pid}\r\n`) && config.includes(`\r\n${realpathSync(dir)}\r\n`);
}

/** Sends one command to a local Redis. Resolves to the raw answer, '' where there is none. */
function ask(port, command) {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, HOST, () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (data) => (answer += data));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function stateFile(dir) {
  return join(dir, 'server.json');
}

function writeState(dir, state) {
  writeFileSync(stateFile(dir), `${JSON.stringify(state)}\n`);
}

function readState(dir) {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function lastLines(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}
