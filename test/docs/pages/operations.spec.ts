import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, beforeAll, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { parse } from 'yaml';
import { LightbusHealth } from 'nestjs-lightbus/health';
import type { Redis } from 'ioredis';
import { CliProcess, type CliResult } from '../../e2e/cli-process.js';
import type { NewApplication } from '../../package/new-application.js';
import { freePort, startRedis } from '../../support/redis-server.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
import { page } from './operations.js';

const STREAM = 'store.orders.*:stream';

interface Container {
  readonly command: readonly string[];
}

/** The command line of every container and supervisor on the page. */
function workersOfThePage(): string[][] {
  const { spec } = parse(page.code('yaml', 'kind: StatefulSet')) as {
    spec: { template: { spec: { containers: Container[] } } };
  };
  const docker = page.code('dockerfile');
  const [, systemd = ''] = /^ExecStart=\/srv\/store\/(.*)$/m.exec(page.code('ini')) ?? [];
  return [
    [...(spec.template.spec.containers[0]?.command ?? [])],
    JSON.parse(/^CMD (.*)$/m.exec(docker)?.[1] ?? '[]') as string[],
    systemd.split(' '),
  ];
}

describe('docs/operations.md', () => {
  let app: NewApplication;
  let client: Redis;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const redis = await startRedis();
    client = redis.client();
    app = await page.program();
    env = { LIGHTBUS_REDIS_URL: redis.url, LIGHTBUS_MODULE: 'app.module.js' };
  });

  async function fire(orderId: string): Promise<void> {
    const identity = ['id', orderId, 'api_name', 'store.orders', 'event_name', 'placed'];
    await client.xadd(STREAM, '*', ...identity, 'version', '1', ':orderId', `"${orderId}"`);
  }

  /** Runs a worker until it has handled this order. */
  async function work(args: readonly string[], orderId: string): Promise<void> {
    const worker = new CliProcess(args, { cwd: app.dir, env });
    await worker.whenPrinted(`Reserved ${orderId}`);
    await expect(worker.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
  }

  function checkBus(variables: Readonly<Record<string, string>>): Promise<CliResult> {
    const program = [process.execPath] as const;
    return new CliProcess(['check-bus.mjs'], { program, cwd: app.dir, env: variables }).result;
  }

  /** Lets a consumer of a new group have the first event, unattended for a while. */
  async function hold(group: string, consumer: string, idleMs: number): Promise<string> {
    await client.xgroup('CREATE', STREAM, group, '0');
    await client.xreadgroup('GROUP', group, consumer, 'COUNT', 1, 'STREAMS', STREAM, '>');
    const [[id] = ['']] = await client.xrange(STREAM, '-', '+', 'COUNT', 1);
    await client.call('XCLAIM', STREAM, group, consumer, 0, id, 'IDLE', idleMs, 'JUSTID');
    return id;
  }

  it('runs a worker, and watches it from outside', async () => {
    for (const orderId of ['1', '4711']) await fire(orderId);
    const [[npx, lightbus, ...args] = []] = commandsIn(page.code('sh', 'npx lightbus run'));
    expect([npx, lightbus]).toEqual(['npx', 'lightbus']);
    await work(args, '4711');

    await app.write('check-bus.mjs', page.code('js', 'check-bus.mjs'));
    await expect(checkBus(env)).resolves.toMatchObject({
      ...{ code: 1, stdout: 'store-charge: 1 dead letters\n' },
    });
  }, 60_000);

  it('tells of a worker that is gone, not of what was handed back, and of a Redis that is away', async () => {
    const held = await hold('store-mail', 'gone', 10 * 60_000);
    // As a worker leaves what it hands back: nobody has it, and for how long isn't known here.
    await hold('store-bill', 'lightbus:nobody', 2 ** 40);
    const LIGHTBUS_REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
    const [found, away] = await Promise.all([
      checkBus(env),
      checkBus({ ...env, LIGHTBUS_REDIS_URL }),
    ]);
    expect(found.code).toBe(1);
    expect(found.stdout.trim().split('\n').sort()).toEqual([
      'store-bill: no worker',
      'store-charge: 1 dead letters',
      `store-mail: ${held} is not done`,
    ]);
    expect(away.code).toBe(1);
    expect(away.stdout).toMatch(/^lightbus status: error: Redis at .* can't be used/);
    for (const group of ['store-mail', 'store-bill']) await client.xgroup('DESTROY', STREAM, group);
  }, 60_000);

  it('runs the commands of the page', async () => {
    const options = { cwd: app.dir, env };
    const lines = commandsIn(page.code('sh', 'npx lightbus inspect'));
    const results = await Promise.all(lines.map((words) => runLightbus(words, options)));
    for (const [index, { code, stderr }] of results.entries()) {
      expect({ words: lines[index], code, stderr }).toMatchObject({ code: 0, stderr: '' });
    }
    const [inspected, status, letters] = results.map(({ stdout }) => stdout);
    expect(inspected).toContain('"orderId":"4711"');
    expect(status).toContain('store-reserve_stock');
    expect(letters).toContain('no money');
    const document = readFileSync(join(app.dir, 'asyncapi.json'), 'utf8');
    expect(JSON.parse(document)).toHaveProperty('operations');
  }, 60_000);

  it('retires a listener; one of its name begins anew, in a container as under a supervisor', async () => {
    const [retire = []] = commandsIn(page.code('sh', 'lightbus retire'));
    // Nobody answers here.
    const words = [...retire, '--yes'];
    await expect(runLightbus(words, { cwd: app.dir, env })).resolves.toMatchObject({ code: 0 });
    const groups = (await client.xinfo('GROUPS', STREAM)) as unknown[][];
    expect(groups.map(([, name]) => name)).toEqual(['store-charge']);
    expect((await client.keys('*')).filter((key) => key.includes('reserve_stock'))).toEqual([]);

    const [pod = [], ...others] = workersOfThePage();
    for (const [file, ...args] of [pod, ...others]) {
      expect(file).toBe('node_modules/.bin/lightbus');
      expect(args.slice(0, -1)).toEqual(['run', '--service-name=store']);
      expect(args.at(-1)).toMatch(/^--process-name=(worker1|\{hostname\})$/);
    }
    // All of history: the first event, too.
    await work(pod.slice(1), '1');
  }, 60_000);

  it('has a composition that starts, and time for workers to drain', async () => {
    const compose = parse(page.code('yaml', 'build: .')) as {
      services: Record<string, { command?: string; stop_grace_period?: string }>;
    };
    const [[server, ...args] = []] = commandsIn(compose.services.redis?.command ?? '');
    expect(server).toBe('redis-server');
    await startRedis({ args });
    expect(compose.services.api?.command).toBe('node dist/main.js');
    const times = [
      compose.services.worker?.stop_grace_period,
      /terminationGracePeriodSeconds: (\d+)/.exec(page.text)?.[1],
      /TimeoutStopSec=(\d+)/.exec(page.text)?.[1],
    ];
    for (const time of times) expect(parseInt(time ?? '0', 10)).toBeGreaterThan(20);
  });

  it('has probes that a worker answers', async () => {
    const probes = parse(page.code('yaml', 'livenessProbe')) as Record<
      string,
      { httpGet: { path: string } }
    >;
    expect(Object.keys(probes)).toEqual(['livenessProbe', 'readinessProbe']);
    const args = ['run', '--service-name=probed', '--health-port=0', '--health-host=127.0.0.1'];
    const worker = new CliProcess(args, { cwd: app.dir, env });
    await worker.whenPrinted('SIGTERM ends it');
    const [, address = ''] = /Answering probes at (\S+):/.exec(worker.stdout) ?? [];
    const paths = [...Object.values(probes).map(({ httpGet }) => httpGet.path), '/health'];
    const codes = paths.map(async (path) => (await fetch(address + path)).status);
    expect(await Promise.all(codes)).toEqual([200, 200, 200]);
    for (const path of paths) expect(page.text).toContain(`| \`${path}\` |`);
    await expect(worker.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
  }, 60_000);

  it('has a health address', async () => {
    const { HealthModule, HealthController } =
      await page.load<
        Record<'HealthModule' | 'HealthController', Type<{ check(): Promise<unknown> }>>
      >('health.ts');
    const check = jest.fn<() => Promise<unknown>>();
    const module = await Test.createTestingModule({ imports: [HealthModule] })
      .overrideProvider(LightbusHealth)
      .useValue({ check })
      .compile();
    const controller = module.get(HealthController);
    check.mockResolvedValue({ lightbus: { status: 'up' } });
    await expect(controller.check()).resolves.toEqual({ lightbus: { status: 'up' } });
    check.mockResolvedValue({ lightbus: { status: 'down', message: 'away' } });
    await expect(controller.check()).rejects.toMatchObject({ status: 503 });
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
