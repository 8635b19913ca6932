import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import {
  type DynamicModule,
  forwardRef,
  Injectable,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import {
  ConfigurationError,
  Event,
  EventBus,
  LightbusModule,
  OnEvent,
  Project,
  type LightbusConfig,
} from 'nestjs-lightbus';
import { LightbusHealth } from 'nestjs-lightbus/health';
import { allowRealRedis } from 'nestjs-lightbus/testing';
import { owned } from '../../support/owned.js';
import { sharedRedis, uniqueName } from '../../support/redis-server.js';

const API = uniqueName('by_mistake');

@Event(`${API}.placed`)
class Placed {
  @Allow() orderId!: string;
}

@Injectable()
class Stock {
  @OnEvent(`${API}.placed`, { listenerName: 'reserve' })
  reserve(): void {
    throw new Error('No event was fired.');
  }
}

@Injectable()
class List {
  @Project(`${API}.placed`)
  add(): void {
    throw new Error('No event was fired.');
  }
}

/** Where a Redis could be: counts who comes, and answers nobody. */
let port = 0;
let comers = 0;

beforeAll(async () => {
  const server = createServer((socket) => {
    comers++;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
  owned().onEnd(() => void server.close());
});

/** Comes after whoever is on the way, so that nobody is missed. */
async function expectNobodyToHaveCome(): Promise<void> {
  const socket = connect(port, '127.0.0.1').resume();
  await once(socket, 'close');
  expect(comers).toBe(1);
  comers = 0;
}

function config(): LightbusConfig {
  const redis = { url: `redis://ada:secret@127.0.0.1:${port}/3` };
  return { apis: { default: { event_transport: { redis } } } };
}

const strictListeners = false;
const lightbus = (given = config()) => LightbusModule.forRoot({ config: given, strictListeners });

function appModule({ imports = [lightbus()], ...parts }: ModuleMetadata) {
  @Module({ imports, ...parts })
  class AppModule {}
  return AppModule;
}

const fires = LightbusModule.forFeature([Placed]);

const using: Record<string, { imports?: ModuleMetadata['imports']; providers?: Provider[] }> = {
  'fires events': { imports: [fires] },
  'only listens': { providers: [Stock] },
  'only has a projection': { providers: [List] },
};

async function start(builder: TestingModuleBuilder) {
  const module = await builder.compile();
  module.useLogger(false);
  await module.init();
  owned().onEnd(() => module.close());
  return module;
}

/** Who keeps events elsewhere finds none there. */
async function expectOnRedis(bus: EventBus): Promise<void> {
  const { stream, nativeId } = await bus.fire(Placed, { orderId: 'a' });
  const redis = (await sharedRedis()).client();
  expect(await redis.xrange(stream, nativeId, nativeId)).toHaveLength(1);
}

describe('A test by mistake on a real Redis', () => {
  it.each(Object.keys(using))(
    'is refused before it connects, where the application %s',
    async (what) => {
      const { imports = [], providers } = using[what] ?? {};
      const AppModule = appModule({ imports: [lightbus(), ...imports], providers });
      const starting = start(Test.createTestingModule({ imports: [AppModule] }));
      await expect(starting).rejects.toThrow(ConfigurationError);
      await expect(starting).rejects.toThrow(
        `This test would use the Redis at redis://127.0.0.1:${port}/3, and write there`,
      );
      await expect(starting).rejects.toThrow(/overrideLightbus\(Test.* allowRealRedis\(Test/);
      await expect(starting).rejects.not.toThrow(/secret/);
      await expectNobodyToHaveCome();
    },
  );

  it('is refused when it fires, reads or asks for health without having started', async () => {
    const AppModule = appModule({ imports: [lightbus(), fires], providers: [LightbusHealth] });
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    const bus = module.get(EventBus);
    await expect(bus.fire(Placed, { orderId: 'a' })).rejects.toThrow(ConfigurationError);
    const reading = Readable.from(bus.history(Placed)).toArray();
    await expect(reading).rejects.toThrow(ConfigurationError);
    // It never rejects.
    const { lightbus: health } = await module.get(LightbusHealth).check();
    expect(health).toMatchObject({
      status: 'down',
      message: expect.stringMatching(/^This test would use the Redis at .* refused/),
    });
    await module.close();
    await expectNobodyToHaveCome();
  });
});

describe('A test on a real Redis', () => {
  let lightbusThere: DynamicModule;

  beforeAll(async () => {
    const { url } = await sharedRedis();
    const apis = { default: { event_transport: { redis: { url } } } };
    lightbusThere = lightbus({ apis });
  });

  const onPurpose: Record<string, () => TestingModuleBuilder> = {
    'is allowed to': () => {
      const imports = [appModule({ imports: [lightbusThere, fires] })];
      return allowRealRedis(Test.createTestingModule({ imports }));
    },
    'imports LightbusModule itself': () =>
      Test.createTestingModule({ imports: [lightbusThere, fires] }),
    'imports a promise of it': () =>
      Test.createTestingModule({ imports: [Promise.resolve(lightbusThere), fires] }),
    'imports it by forwardRef': () =>
      Test.createTestingModule({ imports: [forwardRef(() => lightbusThere), fires] }),
  };

  it.each(Object.entries(onPurpose))('is none by mistake where it %s', async (_, make) => {
    const module = await start(make());
    await expectOnRedis(module.get(EventBus));
  });

  it('is no application, whatever its modules are named', async () => {
    @Module({ imports: [lightbusThere, fires] })
    class RootTestModule {}
    const AppModule = appModule({ imports: [RootTestModule] });
    const options = { logger: false, abortOnError: false } as const;
    const app = await NestFactory.createApplicationContext(AppModule, options);
    owned().onEnd(() => app.close());
    await expectOnRedis(app.get(EventBus));
  });

  it('is a test whose events are in memory, wherever others would be', async () => {
    const apis = { ...config().apis, [API]: { event_transport: { memory: {} } } };
    const imports = [lightbus({ apis }), fires];
    const module = await start(Test.createTestingModule({ imports: [appModule({ imports })] }));
    await module.get(EventBus).fire(Placed, { orderId: 'a' });
  });
});
