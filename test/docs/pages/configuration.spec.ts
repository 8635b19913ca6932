import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parse } from 'yaml';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';
import { MODULE_OPTIONS } from '../../../lib/lightbus.module.js';
import type { LightbusConfig, LightbusModuleOptions } from '../../../lib/index.js';
import { connectionOptions } from '../../../lib/redis/connection-options.js';
import { describePlace } from '../../../lib/redis/client-options.js';
import { CliProcess, directoryWith } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
import { page } from './configuration.js';

type Call = 'redis' | 'names' | 'file' | 'several' | 'asynchronous';

/** What a block gives to `forRoot`. */
async function optionsOf(call: Call): Promise<LightbusModuleOptions> {
  const calls = await page.load<Record<Call, () => DynamicModule>>('calls.ts');
  const { providers = [] } = calls[call]();
  const found = providers.find(
    (provider) => typeof provider === 'object' && provider.provide === MODULE_OPTIONS,
  );
  if (found && 'useValue' in found) return found.useValue as LightbusModuleOptions;
  const { ConfigService } = await page.load<{ ConfigService: Type }>('nest-config.ts');
  const factory = found as unknown as { useFactory: (...args: unknown[]) => unknown };
  return (await factory.useFactory(new ConfigService())) as LightbusModuleOptions;
}

/** Options, with the files that they name in a folder of their own. */
function withFiles(
  { config, ...options }: LightbusModuleOptions,
  files: Readonly<Record<string, string>>,
): LightbusModuleOptions {
  const folder = directoryWith(files);
  const names = [config].flat() as string[];
  return { ...options, config: names.map((name) => join(folder, name)) };
}

async function placeOf(options: LightbusModuleOptions, env: NodeJS.ProcessEnv = {}, api = 'x.y') {
  const config = await resolveConfig({ ...options, features: [] }, env);
  expect(config.warnings).toEqual([]);
  return describePlace(connectionOptions(config.apiConfig(api).event_transport));
}

function yaml(containing: string): string {
  return page.code('yaml', containing);
}

describe('docs/configuration.md', () => {
  it('starts without any configuration', async () => {
    const { AppModule } = await page.load<{ AppModule: Type }>('nothing/app.module.ts');
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await app.close();
    expect(await placeOf({})).toBe('redis://127.0.0.1:6379/0');
  });

  it('says one Redis for everything, in code and by a variable', async () => {
    const inCode = await optionsOf('redis');
    const [[exported, assignment = ''] = []] = commandsIn(page.code('sh', 'export LIGHTBUS_'));
    expect(exported).toBe('export');
    const [name = '', url = ''] = assignment.split('=');
    expect(url).toBe(inCode.redis);
    expect(await placeOf(inCode)).toBe('redis://redis_host:6379/0');
    expect(await placeOf({}, { [name]: url })).toBe('redis://redis_host:6379/0');
    const stronger = { redis: 'redis://stronger:6379/1' };
    expect(await placeOf(stronger, { [name]: url })).toBe('redis://stronger:6379/1');
  });

  it('says names', async () => {
    await expect(resolveConfig(await optionsOf('names'), {})).resolves.toMatchObject({
      serviceName: 'store',
      processName: 'worker1',
    });
  });

  it('has a file with variables, and one for an editor', async () => {
    const options = withFiles(await optionsOf('file'), { 'lightbus.yaml': yaml('process_name:') });
    const config = await resolveConfig({ ...options, features: [] }, {});
    expect(config).toMatchObject({ serviceName: 'store', processName: 'worker1', warnings: [] });
    expect(await placeOf(options)).toBe('redis://127.0.0.1:6379/0');
    const env = { LIGHTBUS_REDIS_URL: 'redis://redis_host:6379/3' };
    expect(await placeOf(options, env)).toBe('redis://redis_host:6379/3');

    const [, schema = ''] = /\$schema=\.\/(\S+)/.exec(yaml('yaml-language-server')) ?? [];
    const [, line = ''] = /`(npx lightbus dumpconfigschema [^`]*)`/.exec(page.text) ?? [];
    const cwd = directoryWith();
    await expect(runLightbus(line.split(' '), { cwd })).resolves.toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(cwd, schema), 'utf8'))).toHaveProperty('properties');
  });

  it('has an API of its own, and events in memory', async () => {
    const own = { config: parse(yaml('store.audit:')) as LightbusConfig };
    expect(await placeOf(own)).toBe('redis://redis_host:6379/0');
    expect(await placeOf(own, {}, 'store.audit')).toBe('redis://other_host:6379/0');
    const memory = { config: parse(yaml('memory: {}')) as LightbusConfig };
    const config = await resolveConfig(memory, {});
    expect(config.apiConfig('x.y').event_transport.kind).toBe('memory');
  });

  it('has a shared file, and one for what Python refuses', async () => {
    const options = withFiles(await optionsOf('several'), {
      'lightbus.yaml': yaml('process_name:'),
      'lightbus.node.yaml': yaml('shutdown_timeout'),
    });
    const config = await resolveConfig({ ...options, features: [] }, {});
    expect(config.warnings).toEqual([]);
    expect(config.bus.shutdown_timeout).toBe(60);
    expect(config.apiConfig('x.y').event_transport).toMatchObject({
      ...{ require_durable: true, batch_size: 1, url: 'redis://127.0.0.1:6379/0' },
    });
  });

  it('runs listeners beside an API, on the same file', async () => {
    const redis = await startRedis();
    const app = await page.program();
    const cwd = join(app.dir, 'beside');
    await app.write('beside/lightbus.yaml', yaml('# lightbus.yaml, beside'));
    const [main, first = [], second] = commandsIn(page.code('sh', 'node dist/main.js'));
    expect(main).toEqual(['node', 'dist/main.js']);
    const [npx, lightbus, ...args] = first;
    expect([npx, lightbus]).toEqual(['npx', 'lightbus']);
    expect(second).toEqual(first.map((word) => word.replace('worker1', 'worker2')));
    const env = { LIGHTBUS_REDIS_URL: redis.url, LIGHTBUS_MODULE: 'store.module.js#StoreModule' };
    const fields = ['id', '1', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];
    await redis.client().xadd('store.orders.*:stream', '*', ...fields, ':orderId', '"o1"');
    const worker = new CliProcess(args, { cwd, env });
    await worker.whenPrinted('Reserved o1');
    await expect(worker.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
  }, 60_000);

  it("takes options from Nest's configuration", async () => {
    await expect(optionsOf('asynchronous')).resolves.toMatchObject({
      processName: "WORKER of Nest's configuration",
      redis: "REDIS_URL of Nest's configuration",
    });
  });

  it('has every option of forRoot in its table', () => {
    // The compiler knows whether these are all.
    const options: Record<keyof LightbusModuleOptions, true> = {
      ...{ config: true, redis: true, serviceName: true, processName: true, features: true },
      ...{ listeners: true, inheritAppConfig: true, strictListeners: true },
    };
    const [, table = ''] = page.text.split('## Options of `forRoot`');
    const rows = [...table.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(Object.keys(options));
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
