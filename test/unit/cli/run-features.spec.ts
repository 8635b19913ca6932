import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LightbusModule, type LightbusModuleOptions } from 'nestjs-lightbus';
import type { CommandLineOptions } from '../../../lib/config/settings/resolve-config.js';
import type { ResolvedConfig } from '../../../lib/config/settings/settings.js';
import { WorkerModule } from '../../../lib/cli/run/worker.module.js';
import { RESOLVED_CONFIG } from '../../../lib/lifecycle/supervisor.js';
import type { RunOptions } from '../../../lib/cli/run/run-options.js';
import { chooseFeatures } from '../../../lib/cli/run.command.js';

describe('chooseFeatures', () => {
  it.each<[RunOptions, string[] | undefined]>([
    [{}, undefined],
    [{ features: ['events'] }, ['events']],
    [{ features: [] }, []],
    [{ only: ['events', 'rpcs'] }, ['events', 'rpcs']],
    [{ only: ['rpcs', 'tasks'] }, ['rpcs', 'tasks']],
    [{ skip: ['rpcs'] }, ['events']],
    [{ skip: ['events'] }, []],
  ])('of %j are %j', (options, features) => {
    expect(chooseFeatures(options)).toEqual(features);
  });
});

describe('one module for an API and its workers', () => {
  const ONLY_FIRES: LightbusModuleOptions = {
    config: { apis: { default: { event_transport: { memory: {} } } } },
    features: [],
    strictListeners: false,
  };

  async function featuresOf(lightbus: DynamicModule, commandLine?: CommandLineOptions) {
    @Module({ imports: [lightbus] })
    class AppModule {}
    const module = commandLine ? WorkerModule.for(AppModule, { options: commandLine }) : AppModule;
    const app = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
    const { features } = app.get<ResolvedConfig>(RESOLVED_CONFIG, { strict: false });
    await app.close();
    return features;
  }

  afterEach(() => {
    delete process.env.LIGHTBUS_FEATURES;
  });

  it.each([
    ['forRoot', () => LightbusModule.forRoot(ONLY_FIRES)],
    ['forRootAsync', () => LightbusModule.forRootAsync({ useFactory: () => ONLY_FIRES })],
  ])(
    'says features: [] by %s, and a worker listens unless it is told otherwise',
    async (_, make) => {
      expect(await featuresOf(make())).toEqual([]);
      expect(await featuresOf(make(), {})).toEqual(['events']);
      expect(await featuresOf(make(), { features: [] })).toEqual([]);
      process.env.LIGHTBUS_FEATURES = '';
      expect(await featuresOf(make(), {})).toEqual([]);
      expect(await featuresOf(make(), { features: ['events'] })).toEqual(['events']);
    },
  );
});
