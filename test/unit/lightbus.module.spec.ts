import {
  Injectable,
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigurationError,
  Event,
  EventBus,
  EventDefinitionError,
  LightbusModule,
  OnEvent,
  UnknownEventError,
  type LightbusConfig,
  type LightbusModuleOptions,
  type LightbusOptionsFactory,
} from 'nestjs-lightbus';
import type { ResolvedConfig } from '../../lib/config/settings/settings.js';
import { RESOLVED_CONFIG } from '../../lib/lifecycle/supervisor.js';
import { owned } from '../support/owned.js';
import { waitFor } from '../support/wait-for.js';

const MEMORY: LightbusConfig = { apis: { default: { event_transport: { memory: {} } } } };
// This file has handlers for many applications.
const IN_MEMORY = { config: MEMORY, strictListeners: false };

@Event('module.happened')
class Happened {
  @Allow() n?: number;
}

@Event('module.followed')
class Followed {
  @Allow() n?: number;
}

type Import = Type<object> | DynamicModule;
type Algorithm = 'reference' | 'deep-hash';

async function start(
  imports: Import[],
  providers: Type<object>[] = [],
  moduleIdGeneratorAlgorithm: Algorithm = 'reference',
): Promise<INestApplicationContext> {
  @Module({ imports, providers })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    abortOnError: false,
    moduleIdGeneratorAlgorithm,
  });
  owned().onEnd(() => app.close());
  return app;
}

function configOf(app: INestApplicationContext): ResolvedConfig {
  return app.get<ResolvedConfig>(RESOLVED_CONFIG, { strict: false });
}

describe('LightbusModule.forRoot', () => {
  it('without arguments has the event-sourcing settings on localhost', async () => {
    const config = configOf(await start([LightbusModule.forRoot()]));
    expect(config.features).toEqual(['events']);
    expect(config.apiConfig('any')).toMatchObject({
      validate: { outgoing: true, incoming: false },
      event_transport: {
        kind: 'redis',
        url: 'redis://127.0.0.1:6379/0',
        batch_size: 1,
        max_stream_length: null,
        stream_use: 'per_api',
      },
    });
  });

  it('takes the configuration object, names and features', async () => {
    const app = await start([
      LightbusModule.forRoot({
        config: { apis: { default: { event_transport: { memory: {} }, cast_values: false } } },
        serviceName: 'shop-{pid}',
        processName: 'worker1',
        features: [],
      }),
    ]);
    expect(configOf(app)).toMatchObject({
      serviceName: `shop-${process.pid}`,
      processName: 'worker1',
      features: [],
    });
    expect(configOf(app).apiConfig('any').cast_values).toBe(false);
  });

  it('takes the path of a file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'lightbus-module-'));
    owned().addDirectory(dir);
    const path = join(dir, 'lightbus.yaml');
    await writeFile(path, 'apis:\n  default:\n    event_transport:\n      memory: {}\n');
    const app = await start([LightbusModule.forRoot({ config: path })]);
    expect(configOf(app).apiConfig('any').event_transport.kind).toBe('memory');
  });

  it('is global: a module that does not import it may inject the bus', async () => {
    @Injectable()
    class Service {
      constructor(readonly bus: EventBus) {}
    }
    @Module({ providers: [Service], exports: [Service] })
    class FeatureModule {}
    const app = await start([FeatureModule, LightbusModule.forRoot(IN_MEMORY)]);
    expect(app.get(Service).bus).toBe(app.get(EventBus));
  });

  it('stops the start with every problem of the configuration', async () => {
    const config = { apis: { default: { cast_value: true, event_fire_timeout: 'soon' } } };
    const starting = start([
      LightbusModule.forRoot({
        config: config as unknown as LightbusConfig,
        features: ['rpc'] as never,
      }),
    ]);
    await expect(starting).rejects.toThrow(ConfigurationError);
    await expect(starting).rejects.toMatchObject({
      code: 'LIGHTBUS_CONFIGURATION',
      problems: expect.arrayContaining([
        expect.objectContaining({ path: 'apis.default.cast_value', nearest: 'cast_values' }),
        expect.objectContaining({ path: 'apis.default.event_fire_timeout' }),
        expect.objectContaining({ path: expect.stringContaining('features') as unknown }),
      ]) as unknown,
    });
  });

  it('refuses to be imported twice, as each listener would run twice', async () => {
    const again = () => LightbusModule.forRoot(IN_MEMORY);
    @Module({ imports: [again()] })
    class FeatureModule {}
    await expect(start([again(), FeatureModule])).rejects.toThrow(ConfigurationError);
    await expect(start([again(), FeatureModule])).rejects.toThrow(/imported more than once/);
    class BusModule extends LightbusModule {}
    const extended = BusModule.forRoot(IN_MEMORY);
    await expect(start([extended, FeatureModule])).rejects.toThrow(/imported more than once/);
  });

  it('refuses to be imported without options, and says what to do', async () => {
    await expect(start([LightbusModule])).rejects.toThrow(ConfigurationError);
    await expect(start([LightbusModule])).rejects.toThrow(
      /without forRoot .*LightbusModule\.forRoot\(\)/,
    );
  });

  it('stops the start where listeners are configured that do not exist', async () => {
    @Injectable()
    class Handlers {
      @OnEvent(Happened, { listenerName: 'existing' })
      handle() {
        return undefined;
      }
    }
    const listeners = { existing: { since: 'now' }, exsiting: { since: 'now' } } as const;
    await expect(
      start([LightbusModule.forRoot({ ...IN_MEMORY, listeners })], [Handlers]),
    ).rejects.toThrow(/'listeners' names listeners that do not exist: exsiting\. .*existing/);
  });
});

describe('LightbusModule.forRootAsync', () => {
  @Injectable()
  class Settings implements LightbusOptionsFactory {
    readonly options: LightbusModuleOptions = { ...IN_MEMORY, serviceName: 'asynchronous' };
    async createLightbusOptions() {
      return Promise.resolve(this.options);
    }
  }
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  it.each<[string, DynamicModule]>([
    ['a factory', LightbusModule.forRootAsync({ useFactory: () => new Settings().options })],
    [
      'a factory that injects from an imported module',
      LightbusModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.createLightbusOptions(),
      }),
    ],
    ['a class', LightbusModule.forRootAsync({ useClass: Settings })],
    [
      'an existing provider',
      LightbusModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    ],
  ])('takes options from %s', async (_, module) => {
    const app = await start([module, LightbusModule.forFeature([Happened])]);
    expect(configOf(app).serviceName).toBe('asynchronous');
    const message = await app.get(EventBus).fire(Happened, { n: 1 });
    expect(message.stream).toBe('module.*:stream');
  });

  it('stops the start with what the factory throws', async () => {
    const useFactory = () => Promise.reject<LightbusModuleOptions>(new Error('no secrets'));
    await expect(start([LightbusModule.forRootAsync({ useFactory })])).rejects.toThrow(
      'no secrets',
    );
  });

  it('stops the start where the factory returns a wrong option, or nothing', async () => {
    const wrong = () => ({ serviceNmae: 'shop' }) as LightbusModuleOptions;
    await expect(start([LightbusModule.forRootAsync({ useFactory: wrong })])).rejects.toThrow(
      /serviceNmae.*serviceName/s,
    );
    const nothing = () => undefined as unknown as LightbusModuleOptions;
    await expect(start([LightbusModule.forRootAsync({ useFactory: nothing })])).rejects.toThrow(
      /factory of forRootAsync returned nothing/,
    );
  });
});

describe('LightbusModule.forFeature', () => {
  const root = () => LightbusModule.forRoot(IN_MEMORY);

  it.each<Algorithm>(['reference', 'deep-hash'])(
    'registers events of several modules, whose ids Nest makes by %s',
    async (algorithm) => {
      @Module({ imports: [LightbusModule.forFeature([Happened])] })
      class FirstModule {}
      @Module({ imports: [LightbusModule.forFeature([Followed])] })
      class SecondModule {}
      const app = await start([root(), FirstModule, SecondModule], [], algorithm);
      const bus = app.get(EventBus);
      expect((await bus.fire(Happened, {})).canonicalName).toBe('module.happened');
      expect((await bus.fire(Followed, {})).canonicalName).toBe('module.followed');
    },
  );

  it('may register a class twice', async () => {
    const app = await start([
      root(),
      LightbusModule.forFeature([Happened, Followed]),
      LightbusModule.forFeature([Happened, Happened]),
    ]);
    expect((await app.get(EventBus).fire(Happened, {})).eventName).toBe('happened');
  });

  it('may register nothing', async () => {
    const app = await start([root(), LightbusModule.forFeature([])]);
    await expect(app.get(EventBus).fire(Happened, {})).rejects.toThrow(UnknownEventError);
  });

  it('says that there is no bus where forRoot is missing', async () => {
    await expect(start([LightbusModule.forFeature([Happened])])).rejects.toThrow(
      /Import LightbusModule\.forRoot\(\) once/,
    );
  });

  it('refuses a class without @Event, even if its parent has it', async () => {
    class Child extends Happened {}
    await expect(start([root(), LightbusModule.forFeature([Child])])).rejects.toThrow(
      EventDefinitionError,
    );
    await expect(start([root(), LightbusModule.forFeature([Child])])).rejects.toThrow(
      /class Child/,
    );
  });

  it('refuses undefined, which a cycle of imports leaves, when the application is created', async () => {
    const types = [undefined as unknown as Type<object>];
    await expect(start([root(), LightbusModule.forFeature(types)])).rejects.toThrow(
      EventDefinitionError,
    );
  });

  it('refuses two classes of one event, naming both', async () => {
    @Event('module.happened')
    class HappenedToo {}
    const modules = [
      LightbusModule.forFeature([Happened]),
      LightbusModule.forFeature([HappenedToo]),
    ];
    await expect(start([root(), ...modules])).rejects.toThrow(EventDefinitionError);
    await expect(start([root(), ...modules])).rejects.toThrow(
      /'module\.happened': (Happened and HappenedToo|HappenedToo and Happened)\./,
    );
  });

  it('is not needed to listen: any service may listen to any event', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Handlers {
      @OnEvent(Happened, { listenerName: 'elsewhere' })
      handle(event: Happened) {
        seen.push(event);
      }
    }
    const app = await start([root(), LightbusModule.forFeature([Followed])], [Handlers]);
    await expect(app.get(EventBus).fire(Happened, {})).rejects.toMatchObject({
      code: 'LIGHTBUS_UNKNOWN_EVENT',
      message: expect.stringContaining('LightbusModule.forFeature([Happened])') as unknown,
    });
    await app.get(EventBus).fire(Followed, {});
    await app.close();
    expect(seen).toEqual([]);
  });
});

describe('an application', () => {
  it("without the feature 'events' starts no listener: the process only fires", async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Handlers {
      @OnEvent(Happened, { listenerName: 'switched' })
      handle(event: Happened) {
        seen.push(event);
      }
    }
    const feature = LightbusModule.forFeature([Happened]);
    const off = await start(
      [LightbusModule.forRoot({ ...IN_MEMORY, features: [] }), feature],
      [Handlers],
    );
    await off.get(EventBus).fire(Happened, { n: 1 });
    await off.close();
    expect(seen).toEqual([]);

    const on = await start([LightbusModule.forRoot(IN_MEMORY), feature], [Handlers]);
    await on.get(EventBus).fire(Happened, { n: 2 });
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([Object.assign(new Happened(), { n: 2 })]);
  });

  it('may be closed twice, also at once', async () => {
    @Injectable()
    class Handlers {
      @OnEvent(Happened, { listenerName: 'closed_twice' })
      handle() {
        return undefined;
      }
    }
    const app = await start([LightbusModule.forRoot(IN_MEMORY)], [Handlers]);
    await Promise.all([app.close(), app.close()]);
    await app.close();
  });

  it('lets providers fire from onModuleInit on; listeners get it once they are started', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Early {
      constructor(private readonly bus: EventBus) {}
      async onModuleInit() {
        await this.bus.fire(Happened, { n: 1 });
      }
      @OnEvent(Happened, { listenerName: 'early' })
      handle({ n }: Happened) {
        seen.push(n);
      }
    }
    await start(
      [LightbusModule.forRoot(IN_MEMORY), LightbusModule.forFeature([Happened])],
      [Early],
    );
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([1]);
  });
});
