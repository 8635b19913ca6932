import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import ts from 'typescript';
import { owned } from '../../support/owned.js';
import { freePort, startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const FILES = readdirSync(FOLDER).filter((file) => !file.endsWith('.spec.ts'));

/** The service in JavaScript, in a folder of its own. */
function build(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-bookings-'));
  owned().addDirectory(dir);
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, noEmit: false };
  for (const file of FILES) {
    const to = join(dir, file.replace(/ts$/, 'js'));
    if (!file.endsWith('.ts')) copyFileSync(join(FOLDER, file), to);
    else {
      const source = readFileSync(join(FOLDER, file), 'utf8');
      writeFileSync(to, ts.transpileModule(source, { compilerOptions }).outputText);
    }
  }
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
  return dir;
}

/** A mail server that is down until it is told otherwise. */
async function startMails() {
  const mails = { status: 503, sent: [] as string[], url: '' };
  const server = createHttpServer((request, response) => {
    request.on('data', (guest: Buffer) => {
      if (mails.status === 200) mails.sent.push(guest.toString());
      response.writeHead(mails.status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  owned().onEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  mails.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return mails;
}

async function startApi(cwd: string, name: string, env: Readonly<Record<string, string>>) {
  const port = await freePort();
  const child = spawn(process.execPath, ['main.js'], {
    ...{ cwd, stdio: ['ignore', 'pipe', 'pipe'] },
    env: {
      ...process.env,
      ...{ ...env, PORT: String(port), LIGHTBUS_PROCESS_NAME: name, NODE_OPTIONS: '' },
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const { pid = 0 } = child;
  owned().addProcess(pid);
  child.once('exit', () => owned().removeProcess(pid));
  const call = async (path: string, method = 'GET', body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}/bookings${path}`, {
      ...{ method, body: body && JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    });
    return { status: response.status, body: await response.json() };
  };
  await waitFor(() => {
    if (child.exitCode !== null) throw new Error(output);
    return output.includes('successfully started');
  });
  return call;
}

type Call = Awaited<ReturnType<typeof startApi>>;

describe('the bookings service of a newcomer', () => {
  let first: Call;
  let second: Call;
  let redis: Redis;
  let mails: Awaited<ReturnType<typeof startMails>>;

  beforeAll(async () => {
    const server = await startRedis();
    redis = server.client();
    mails = await startMails();
    const env = { REDIS_URL: server.url, MAIL_URL: mails.url };
    const dir = build();
    [first, second] = await Promise.all([startApi(dir, 'api1', env), startApi(dir, 'api2', env)]);
  }, 60_000);

  const ada = { bookingId: 'b1', guest: 'Ada', room: 3, from: '3000-01-01', to: '3000-01-03' };

  it('has fewer than 150 lines, and needs the public names alone', () => {
    const sources = FILES.map((file) => readFileSync(join(FOLDER, file), 'utf8'));
    expect(sources.join('').trimEnd().split('\n').length).toBeLessThan(150);
    const imported = sources.flatMap((source) =>
      [...source.matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? ''),
    );
    expect(imported).toContain('nestjs-lightbus');
    expect(imported.filter((from) => /^(\.\.|\.\/.*\/)|lightbus\//.test(from))).toEqual([]);
  });

  it('places a booking, which each process lists', async () => {
    expect(await first('', 'POST', ada)).toMatchObject({ status: 201 });
    expect((await first('')).body).toMatchObject([{ bookingId: 'b1', guest: 'Ada' }]);
    await waitFor(async () => ((await second('')).body as unknown[]).length === 1);
  });

  it('refuses what is no booking, or one that is there', async () => {
    expect(await first('', 'POST', { ...ada, room: 'x' })).toMatchObject({ status: 400 });
    expect(await second('', 'POST', ada)).toMatchObject({ status: 409 });
    expect(await first('/b0', 'DELETE', { reason: 'ill' })).toMatchObject({ status: 404 });
    const begun = { ...ada, bookingId: 'b2', guest: 'Bob', from: '2020-01-01' };
    expect(await first('', 'POST', begun)).toMatchObject({ status: 201 });
    expect(await second('/b2', 'DELETE', { reason: 'ill' })).toMatchObject({ status: 409 });
  });

  it('accepts one of six cancellations at once, in two processes', async () => {
    const calls = [first, second, first, second, first, second];
    const answers = await Promise.all(
      calls.map((call) => call('/b1', 'DELETE', { reason: 'ill' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await first('/b1/history')).body).toMatchObject([
      { canonicalName: 'hotel.bookings.placed', sequence: 1 },
      { canonicalName: 'hotel.bookings.cancelled', sequence: 2, payload: { reason: 'ill' } },
    ]);
  });

  it('keeps mails that could not be sent, and sends them when it is told', async () => {
    const unsent = async () => (await second('/unsent-mails')).body as unknown[];
    await waitFor(async () => (await unsent()).length === 2);
    expect((await unsent())[0]).toMatchObject({
      ...{ reason: 'failed', attempts: 2, message: 'The mail server answered 503' },
    });
    mails.status = 200;
    expect((await first('/unsent-mails/redrive', 'POST')).body).toBe(2);
    await waitFor(() => mails.sent.length === 2);
    expect(mails.sent.sort()).toEqual(['Ada', 'Bob']);
    await waitFor(async () => (await unsent()).length === 0);
  });

  it('understands bookings that were stored in their first form', async () => {
    const fields = { id: 'old', api_name: 'hotel.bookings', event_name: 'placed', version: '1' };
    const parameters = { bookingId: 'b3', guest: 'Eve', room: 1, arrival: '3000-05-01', nights: 2 };
    const parts = Object.entries(parameters).map(([name, value]) => [
      `:${name}`,
      JSON.stringify(value),
    ]);
    await redis.xadd(
      'hotel.bookings.*:stream',
      '*',
      ...Object.entries(fields).flat(),
      ...parts.flat(),
    );
    const lifted = { from: '3000-05-01T00:00:00.000Z', to: '3000-05-03T00:00:00.000Z' };
    expect((await first('/b3/history')).body).toMatchObject([
      { version: 2, storedVersion: 1, sequence: 1, payload: lifted },
    ]);
    await waitFor(() => mails.sent.includes('Eve'));
    expect((await second('/b3', 'DELETE', { reason: 'ill' })).status).toBe(200);
  });
});
