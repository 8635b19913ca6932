import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event } from 'nestjs-lightbus';
import { owned } from '../support/owned.js';
import { urlForTest } from '../support/acl.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';
import { CliProcess, directoryWith, LAUNCHER, lightbus } from './cli-process.js';
import { isRunning } from './start-script.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/cli/', import.meta.url));
const WORKER = join(FIXTURES, 'worker.module.mjs');

describe('lightbus run', () => {
  let redis: Redis;
  let url: string;

  beforeAll(async () => {
    const shared = await sharedRedis();
    redis = shared.client();
    url = shared.url;
  });

  function settings(behaviour = '') {
    const api = uniqueName('run');
    const log = uniqueName('log');
    return {
      api,
      log,
      env: { REDIS_URL: url, LOG_URL: urlForTest(url), API: api, LOG: log, BEHAVIOUR: behaviour },
    };
  }

  async function fire(api: string, n: number): Promise<void> {
    const identity = ['id', `id-${n}`, 'api_name', api, 'event_name', 'counted', 'version', '1'];
    await redis.xadd(`${api}.*:stream`, '*', ...identity, ':n', String(n));
  }

  async function whenLogged(log: string, entry: string): Promise<void> {
    await waitFor(async () => (await redis.lrange(log, 0, -1)).includes(entry), {
      timeoutMs: 20_000,
      message: `'${entry}' in the log of the handler`,
    });
  }

  async function pending(api: string, group: string): Promise<unknown> {
    const [count] = await redis.xpending(`${api}.*:stream`, group);
    return count;
  }

  it('answers probes: ready once it has started and until it drains, live as long as something moves', async () => {
    const { api, log, env } = settings('hold');
    const probes = ['--health-port=0', '--health-host=127.0.0.1', '--stuck-after=1'];
    const args = ['run', '--bus', WORKER, '--service-name=svc', ...probes];
    const worker = new CliProcess(args, { env });
    await worker.whenPrinted('SIGTERM ends it');
    const [, address = '', port = ''] =
      /Answering probes at (http:\/\/127\.0\.0\.1:(\d+)):/.exec(worker.stdout) ?? [];
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(address + path, { method });
      return { code: response.status, text: await response.text() };
    };
    expect(await ask('/ready')).toEqual({
      code: 200,
      text: '{"ready":true,"reasons":[],"degraded":[]}\n',
    });
    expect(await ask('/live', 'HEAD')).toEqual({ code: 200, text: '' });
    expect((await ask('/__proto__')).code).toBe(404);
    expect((await ask('/live', 'POST')).code).toBe(405);

    await fire(api, 1);
    await whenLogged(log, 'start 1');
    await waitFor(async () => (await ask('/live')).code === 503);
    const stuck = JSON.parse((await ask('/health')).text) as Record<string, unknown>;
    expect(stuck).toMatchObject({
      ...{ live: false, ready: true, status: 'up', degraded: [] },
      reasons: [expect.stringMatching(/has not moved for \d+ s at run.*\.counted \d+-0$/)],
    });

    const other = new CliProcess(['run', '--bus', WORKER, `--health-port=${port}`], { env });
    const refused = await other.result;
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/Can't answer probes on port \d+: .*EADDRINUSE.*--health-port/);

    worker.child.kill('SIGTERM');
    await worker.whenPrinted('SIGTERM: finishing what is in flight');
    expect(await ask('/ready')).toMatchObject({
      code: 503,
      text: expect.stringContaining('it is being stopped'),
    });
    expect((await ask('/live')).code).toBe(200);
    await redis.rpush(`${log}:release`, 'go');
    expect((await worker.result).code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'drains at the first %s: the handler in flight finishes, its event is acknowledged, exit code 0',
    async (signal) => {
      const { api, log, env } = settings('hold');
      const args = ['--service-name=svc', '--process-name=w1'];
      const worker = new CliProcess(['run', '--bus', WORKER, ...args], { env });
      await fire(api, 1);
      await whenLogged(log, 'start 1');

      worker.child.kill(signal);
      await worker.whenPrinted(`${signal}: finishing what is in flight`);
      await fire(api, 2);
      await redis.rpush(`${log}:release`, 'go');
      const { code, stdout, stderr } = await worker.result;

      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(`${stdout}${stderr}`.match(/Drained in \d+\.\d s: 1 listener\.$/gm)).toHaveLength(1);
      expect(await redis.lrange(log, 0, -1)).toEqual(['start 1', 'done 1']);
      expect(await pending(api, 'svc-worker')).toBe(0);
    },
    60_000,
  );

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'ends at once at a second %s, with %i, and leaves what was in flight pending',
    async (signal, expected) => {
      const { api, log, env } = settings('hold');
      const args = ['run', '--bus', WORKER, '-s', 'svc', '-p', 'w1'];
      const worker = new CliProcess(args, { env });
      await fire(api, 1);
      await whenLogged(log, 'start 1');

      worker.child.kill(signal);
      await worker.whenPrinted('finishing what is in flight');
      const { code } = await worker.end(signal);

      expect(code).toBe(expected);
      expect(await pending(api, 'svc-worker')).toBe(1);
    },
    60_000,
  );

  it('drains when npx is ended, which leaves it behind', async () => {
    const { api, log, env } = settings('hold');
    const cwd = directoryWith({ 'package.json': '{}' });
    mkdirSync(join(cwd, 'node_modules/.bin'), { recursive: true });
    symlinkSync(LAUNCHER, join(cwd, 'node_modules/.bin/lightbus'));
    const withoutNpm = Object.keys(process.env)
      .filter((name) => name.startsWith('npm_'))
      .map((name) => [name, undefined] as const);
    const npx = new CliProcess(['run', '--bus', WORKER, '-s', 'svc', '-p', 'w1'], {
      env: { ...Object.fromEntries(withoutNpm), ...env },
      cwd,
      program: ['npx', '--no', 'lightbus'],
    });
    await npx.whenPrinted('Running AppModule');
    const worker = Number(/\[Nest\] (\d+)/.exec(npx.stdout)?.[1]);
    owned().addProcess(worker);
    await fire(api, 1);
    await whenLogged(log, 'start 1');

    npx.child.kill('SIGTERM');
    await waitFor(() => npx.stdout.includes('finishing what is in flight'));
    await redis.rpush(`${log}:release`, 'go');
    await npx.result;

    await waitFor(() => !isRunning(worker), { message: 'the worker to end' });
    owned().removeProcess(worker);
    expect(await redis.lrange(log, 0, -1)).toEqual(['start 1', 'done 1']);
    expect(await pending(api, 'svc-worker')).toBe(0);
  }, 60_000);

  it('ends with 1 when a listener asks for shutdown', async () => {
    const { api, log, env } = settings('fail');
    const args = ['run', '--bus', WORKER, '-s', 'svc', '-p', 'w1'];
    const worker = new CliProcess(args, { env });
    await fire(api, 1);
    await whenLogged(log, 'start 1');
    const { code, stdout } = await worker.result;
    expect(code).toBe(1);
    expect(stdout).toContain('Drained in');
    // Nobody has sent it a signal.
    expect(stdout).not.toContain('finishing what is in flight');
    expect(await pending(api, 'svc-worker')).toBe(1);
  }, 60_000);

  it('runs dist/app.module.js with the lightbus.yaml of the current folder, three side by side', async () => {
    const { api, log, env } = settings();
    const cwd = directoryWith({
      'package.json': '{ "type": "module" }',
      'lightbus.yaml': "apis: { default: { event_transport: { redis: { url: '${REDIS_URL}' } } } }",
    });
    mkdirSync(join(cwd, 'dist'));
    const source = `export { AppModule } from ${JSON.stringify(pathToFileURL(WORKER).href)};`;
    writeFileSync(join(cwd, 'dist/app.module.js'), source);

    const workers = ['worker1', 'worker2', 'worker3'].map(
      (name) =>
        new CliProcess(['run', '--service-name=example_service', `--process-name=${name}`], {
          env: { ...env, NO_CONFIG: 'yes' },
          cwd,
        }),
    );
    await Promise.all(workers.map((worker) => worker.whenPrinted('Running AppModule')));
    await fire(api, 1);
    await whenLogged(log, 'done 1');

    const consumers = (await redis.xinfo(
      'CONSUMERS',
      `${api}.*:stream`,
      'example_service-worker',
    )) as string[][];
    expect(consumers.map(([, name]) => name)).toEqual(['worker1', 'worker2', 'worker3']);
    const results = await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(results[0]?.stdout).toContain(`The configuration is ${cwd}/lightbus.yaml, because`);
    expect(await redis.lrange(log, 0, -1)).toEqual(['start 1', 'done 1']);
  }, 60_000);

  it('takes the command line over forRoot, forRoot over the environment', async () => {
    const { api, env } = settings();
    const variables = {
      LIGHTBUS_MODULE: WORKER,
      LIGHTBUS_SERVICE_NAME: 'service_of_the_environment',
      LIGHTBUS_PROCESS_NAME: 'process_of_the_environment',
    };
    const worker = new CliProcess(['run'], { env: { ...env, ...variables } });
    const other = new CliProcess(['run', '-s', 'given', '-p', 'p1', '--log-level', 'warning'], {
      env: { ...env, ...variables },
    });
    await worker.whenPrinted('Running AppModule');
    const groups = async () => {
      const found = (await redis.xinfo('GROUPS', `${api}.*:stream`)) as string[][];
      return found.map(([, name]) => name).sort();
    };
    await waitFor(async () => (await groups()).length === 2, { message: 'two groups' });
    expect(await groups()).toEqual(['given-worker', 'service_of_the_module-worker']);
    expect(worker.stdout).toContain("process 'process_of_the_environment'");
    await Promise.all([worker.end('SIGTERM'), other.end('SIGTERM')]);
    expect(other.stdout).toBe('');
  }, 60_000);

  it('listens to a module that only fires in its own process, beside that, under one name', async () => {
    const { api, log, env } = settings();
    const names = { serviceName: 'svc', processName: 'w1' };
    const options = JSON.stringify({ ...names, features: [], redis: url });
    const worker = new CliProcess(['run', '--bus', WORKER], {
      env: { ...env, NO_CONFIG: 'yes', OPTIONS: options },
    });
    class Counted {
      @IsInt() n!: number;
    }
    Event(`${api}.counted`)(Counted);
    const http = await startApplication({
      ...{ url, service: names.serviceName, process: names.processName },
      ...{ events: [Counted], options: { features: [] } },
    });
    await worker.whenPrinted('Running AppModule');
    await http.bus.fire(Counted, { n: 1 });
    await whenLogged(log, 'done 1');

    await http.close();
    expect(http.logs.filter((line) => /^(warn|error) (?!Durability)/.test(line))).toEqual([]);
    const { code, stdout } = await worker.end('SIGTERM');
    expect(code).toBe(0);
    expect(stdout).not.toContain('without listeners');
  }, 60_000);

  it('says at WARN that it runs without listeners, why, and how to have them', async () => {
    const { api, env } = settings();
    const told = new CliProcess(['run', '--bus', WORKER, '--skip', 'events'], { env });
    const found = new CliProcess(['run', '--bus', WORKER], {
      env: { ...env, LIGHTBUS_FEATURES: 'rpcs' },
    });
    await Promise.all([told, found].map((worker) => worker.whenPrinted('Running AppModule')));
    expect(await redis.exists(`${api}.*:stream`)).toBe(0);
    const [one, other] = await Promise.all([told, found].map((worker) => worker.end('SIGTERM')));
    expect([one?.code, other?.code]).toEqual([0, 0]);
    expect(one?.stdout).toMatch(
      /WARN.*Running without listeners, because of --features, --only or --skip: .* Leave it out, and/,
    );
    expect(other?.stdout).toMatch(
      /WARN.*Running without listeners, because of LIGHTBUS_FEATURES: .* Unset it, or add 'events' to it, and/,
    );
  }, 60_000);

  it('runs a CommonJS application', async () => {
    const worker = new CliProcess(['run', '--bus', join(FIXTURES, 'commonjs.module.cjs')]);
    await worker.whenPrinted('Running AppModule');
    expect((await worker.end('SIGTERM')).code).toBe(0);
  }, 60_000);

  it.each<[string, string[], RegExp, number]>([
    [
      'nothing was built',
      [],
      /There is no .*dist\/app\.module\.js\. Build the application first/,
      1,
    ],
    [
      'the file is a directory',
      ['--bus', `${FIXTURES}#AppModule`],
      /fixtures\/cli\/? is no file\. .*name the built file/,
      1,
    ],
    [
      'there is no LightbusModule',
      ['--bus', `${join(FIXTURES, 'several.module.mjs')}#FirstModule`],
      /does not import LightbusModule.*Add LightbusModule\.forRoot\(\) to its imports/,
      1,
    ],
    [
      'a name is empty',
      ['--bus', WORKER, '--service-name='],
      /command line: serviceName: expected a name/,
      2,
    ],
    [
      'an option is wrong',
      ['--bus', WORKER, '-s', '{nonsense}'],
      /command line: serviceName: expected a name.*found the unknown placeholder \{nonsense\}/,
      2,
    ],
  ])(
    'says in one line that %s, and ends with the code of the table',
    async (_, args, message, expected) => {
      const options = { env: settings().env, cwd: directoryWith() };
      const { code, stdout, stderr } = await lightbus(['run', ...args], options);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^error: .*\n$/);
      expect(stdout).not.toContain('Running');
      expect(code).toBe(expected);
    },
    30_000,
  );

  it('adds the stack with --log-level debug', async () => {
    const args = ['run', '--bus', 'nowhere.js', '--log-level', 'debug'];
    const { stderr } = await lightbus(args, { cwd: directoryWith() });
    expect(stderr).toMatch(/^error: There is no/);
    expect(stderr).toMatch(/\n {4}at .*load-module/);
  }, 30_000);
});
