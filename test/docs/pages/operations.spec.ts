import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, beforeAll, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { parse } from 'yaml';
import { LightbusHealth } from 'nestjs-lightbus/health';
import type { Redis } from 'ioredis';
import { CliProcess } from '../../e2e/cli-process.js';
import type { NewApplication } from '../../package/new-application.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
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

  async function work(args: readonly string[], orderId: string): Promise<void> {
    const worker = new CliProcess(args, { cwd: app.dir, env });
    await worker.whenPrinted('Running AppModule');
    await fire(orderId);
    await worker.whenPrinted(`Reserved ${orderId}`);
    await expect(worker.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
  }

  /** Runs the page's check. */
  async function check(): Promise<{ code: number | null; stdout: string }> {
    await app.write('check-bus.mjs', page.code('js', 'check-bus.mjs'));
    return new CliProcess(['check-bus.mjs'], { program: [process.execPath], cwd: app.dir, env })
      .result;
  }

  it('runs a worker, and watches it from outside', async () => {
    const [[npx, lightbus, ...args] = []] = commandsIn(page.code('sh', 'npx lightbus run'));
    expect([npx, lightbus]).toEqual(['npx', 'lightbus']);
    await work(args, '1');
    expect(await check()).toMatchObject({ code: 0, stdout: '' });

    await work(args, '4711');
    expect(await check()).toMatchObject({ code: 1, stdout: 'store-charge: 1 dead letters\n' });
  });

  it('runs the commands of the page', async () => {
    const options = { cwd: app.dir, env };
    const printed: string[] = [];
    for (const words of commandsIn(page.code('sh', 'npx lightbus inspect'))) {
      const { code, stdout, stderr } = await runLightbus(words, options);
      expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
      printed.push(stdout);
    }
    expect(printed[0]).toContain('"orderId":"4711"');
    expect(printed[1]).toContain('store-reserve_stock');
    expect(printed[2]).toContain('no money');
    const documents = ['schema.json', 'asyncapi.json', 'lightbus.schema.json'];
    for (const name of documents) JSON.parse(readFileSync(join(app.dir, name), 'utf8'));

    const [, line = ''] = /`(npx lightbus dumpschema --check [^`]*)`/.exec(page.text) ?? [];
    await expect(runLightbus(line.split(' '), options)).resolves.toMatchObject({ code: 0 });
  });

  it('retires a listener, so that one of its name begins anew', async () => {
    const [list = [], ...removal] = commandsIn(page.code('sh', 'XGROUP DESTROY'));
    await expect(runLightbus(list, { cwd: app.dir, env })).resolves.toMatchObject({ code: 0 });
    for (const [program, command = '', ...args] of removal) {
      expect(program).toBe('redis-cli');
      await client.call(command, args);
    }
    const groups = (await client.xinfo('GROUPS', STREAM)) as unknown[][];
    expect(groups.map(([, name]) => name)).toEqual(['store-charge']);
    expect((await client.keys('*')).filter((key) => key.includes('reserve_stock'))).toEqual([]);
    // All of history again: the first event, too.
    const [, , , , name = ''] = workersOfThePage()[1] ?? [];
    const worker = new CliProcess(['run', '--service-name=store', name], { cwd: app.dir, env });
    await worker.whenPrinted('Reserved 1');
    await worker.end('SIGTERM');
  });

  it('has workers of containers and supervisors that run, and time for them to drain', async () => {
    const [pod = [], ...others] = workersOfThePage();
    for (const [file, command, ...args] of [pod, ...others]) {
      expect([file, command, args[0]]).toEqual([
        'node_modules/.bin/lightbus',
        'run',
        '--service-name=store',
      ]);
    }
    await work(pod.slice(1), '2');

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

  it('has a health address', async () => {
    const { HealthModule, HealthController } = await page.load<
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
