import { forwardRef, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Allow } from 'class-validator';
import {
  ConfigurationError,
  Event,
  EventBus,
  LightbusModule,
  OnEvent,
  type LightbusModuleOptions,
  type LightbusOptionsFactory,
} from 'nestjs-lightbus';
import {
  EventRecorder,
  LightbusTestingModule,
  overrideLightbus,
  type TestingBuilder,
} from 'nestjs-lightbus/testing';
import type { ResolvedConfig } from '../../../lib/config/settings/settings.js';
import { RESOLVED_CONFIG, Supervisor } from '../../../lib/lifecycle/supervisor.js';
import { owned } from '../../support/owned.js';

type Imported = NonNullable<ModuleMetadata['imports']>[number];

@Event('overridden.orders.placed')
class Placed {
  @Allow() orderId!: string;
}

@Injectable()
class Stock {
  readonly reserved: string[] = [];

  @OnEvent(Placed, { listenerName: 'reserve' })
  reserve({ orderId }: Placed): void {
    this.reserved.push(orderId);
  }
}

/** What must not be needed in a test. */
class Vault implements LightbusOptionsFactory {
  constructor() {
    throw new Error('The vault was asked for.');
  }
  createLightbusOptions(): LightbusModuleOptions {
    throw new Error('The vault was asked for.');
  }
}
class Nowhere {}
@Module({ providers: [Vault], exports: [Vault] })
class VaultModule {}

class BusModule extends LightbusModule {}

const nowhere = {
  config: { apis: { default: { event_transport: { redis: { url: 'redis://nowhere:1' } } } } },
};
const made = {
  forRoot: () => LightbusModule.forRoot(nowhere),
  'forRoot, for all': () => ({ ...LightbusModule.forRoot(nowhere), global: true }),
  'forRoot of a class that extends it': () => BusModule.forRoot(nowhere),
  useFactory: () =>
    LightbusModule.forRootAsync({
      imports: [VaultModule],
      inject: [Vault],
      useFactory: (vault: Vault) => vault.createLightbusOptions(),
    }),
  'useFactory of what is nowhere': () =>
    LightbusModule.forRootAsync({ inject: [Nowhere], useFactory: () => nowhere }),
  useClass: () => LightbusModule.forRootAsync({ useClass: Vault }),
  useExisting: () => LightbusModule.forRootAsync({ imports: [VaultModule], useExisting: Vault }),
};

// What is imported by who may import it in many ways: `lightbus` is one object.
const ways: Record<string, (lightbus: Imported) => Imported> = {
  itself: (lightbus) => lightbus,
  'a promise': (lightbus) => Promise.resolve(lightbus as ReturnType<typeof made.forRoot>),
  forwardRef: (lightbus) => forwardRef(() => lightbus),
  'a module': (lightbus) => {
    @Module({ imports: [lightbus] })
    class InnerModule {}
    return InnerModule;
  },
  'a module that exports it': (lightbus) => {
    @Module({ imports: [lightbus], exports: [LightbusModule] })
    class SharedModule {}
    return SharedModule;
  },
  'a dynamic module': (lightbus) => {
    class DynamicModule {}
    return { module: DynamicModule, imports: [lightbus] };
  },
  'a dynamic module that exports it': (lightbus) => {
    class DynamicModule {}
    return { module: DynamicModule, imports: [lightbus], exports: [LightbusModule] };
  },
  'a promise of a dynamic module': (lightbus) => {
    class DynamicModule {}
    return Promise.resolve({ module: DynamicModule, imports: [lightbus] });
  },
};
const isWrap = (name: string) => ['itself', 'a promise', 'forwardRef'].includes(name);

/** Nest scans nothing that is wrapped twice, and lets a module export only what it imports itself. */
function isSound(names: readonly string[]): boolean {
  return names.every((name, i) => {
    const inner = names.slice(0, i);
    const last = inner.at(-1) ?? '';
    if (isWrap(name)) return !isWrap(last) && !last.startsWith('a promise');
    return !name.endsWith('exports it') || inner.every(isWrap);
  });
}

function appModule(...imports: Imported[]) {
  @Module({ imports: [...imports, LightbusModule.forFeature([Placed])], providers: [Stock] })
  class AppModule {}
  return AppModule;
}

async function ending(compiling: Promise<TestingModule>): Promise<TestingModule> {
  const module = await compiling;
  owned().onEnd(() => module.close());
  return module;
}

/** Fires an event, and has it handled. */
async function expectToWork(module: TestingModule): Promise<void> {
  module.useLogger(false);
  await module.init();
  await module.get(EventBus).fire(Placed, { orderId: 'a' });
  const recorder = module.get(EventRecorder);
  await recorder.whenHandled();
  recorder.assertFired(Placed, { times: 1 });
  expect(module.get(Stock).reserved).toEqual(['a']);
}

describe('overrideLightbus', () => {
  it.each(Object.keys(made) as (keyof typeof made)[])(
    'takes the place of %s, however it is imported',
    async (how) => {
      const name = fc.constantFrom(...Object.keys(ways));
      const path = fc.array(name, { maxLength: 4 }).filter(isSound);
      const paths = fc.array(path, { minLength: 1, maxLength: 3 });
      const check = fc.asyncProperty(paths, async (found) => {
        const lightbus = made[how]();
        const imported = found.map((names) =>
          names.reduce<Imported>((inner, way) => ways[way]?.(inner) ?? inner, lightbus),
        );
        const builder = Test.createTestingModule({ imports: [appModule(...imported)] });
        const module = await overrideLightbus(builder).compile();
        try {
          await expectToWork(module);
        } finally {
          await module.close();
        }
      });
      const each = Object.keys(ways).map((one): [string[][]] => [[[one]]]);
      const few: [string[][]][] = [[[['itself'], ['itself'], ['a dynamic module', 'a module']]]];
      // With imports of its own it has to do with all that Nest does; the others are less.
      const examples = how === 'useFactory' ? [...each, ...few] : few;
      await fc.assert(check, { numRuns: how === 'useFactory' ? 20 : 2, examples });
    },
  );

  it('takes the place of one that a forwardRef makes anew each time', async () => {
    const anew = forwardRef(() => {
      class DynamicModule {}
      return { module: DynamicModule, imports: [made.useFactory()] };
    });
    const builder = Test.createTestingModule({ imports: [appModule(anew)] });
    await expectToWork(await ending(overrideLightbus(builder).compile()));
  });

  it.each([{ moduleIdGeneratorAlgorithm: 'deep-hash' } as const, {}])(
    'works with %p',
    async (options) => {
      const lightbus = made.useFactory();
      const imports = [appModule(lightbus, ways['a dynamic module']?.(lightbus) ?? lightbus)];
      const builder = overrideLightbus(Test.createTestingModule({ imports }, options));
      await expectToWork(await ending(builder.compile()));
    },
  );

  it('works with snapshots, on which the devtools rest', async () => {
    const imports = [appModule(made.useFactory())];
    const builder = overrideLightbus(Test.createTestingModule({ imports }));
    await expectToWork(await ending(builder.compile({ snapshot: true })));
  });

  it('returns the builder, and takes options', async () => {
    const builder = Test.createTestingModule({ imports: [appModule(made.forRoot())] });
    const compiling = overrideLightbus(builder, { serviceName: 'store', features: [] })
      .overrideProvider(Stock)
      .useValue(new Stock())
      .compile();
    const module = await ending(compiling);
    expect(overrideLightbus(builder)).toBe(builder);
    await module.createNestApplication({ logger: false }).init();
    const { consumers } = module.get(Supervisor);
    expect(consumers).toEqual([]);
    expect(module.get<ResolvedConfig>(RESOLVED_CONFIG).serviceName).toBe('store');
  });

  it('gives an application of its own to each test, also at the same time', async () => {
    const AppModule = appModule(made.forRoot());
    const start = async () =>
      ending(overrideLightbus(Test.createTestingModule({ imports: [AppModule] })).compile());
    const modules = await Promise.all([start(), start()]);
    for (const module of modules) await expectToWork(module);
  });

  it('goes by what else is overridden, before it or after it', async () => {
    @Module({ imports: [made.forRoot()] })
    class Real {}
    @Module({ imports: [made.useClass()] })
    class Fake {}
    const given = () => Test.createTestingModule({ imports: [appModule(Real)] });
    const before = overrideLightbus(given().overrideModule(Real).useModule(Fake));
    await expectToWork(await ending(before.compile()));
    const after = overrideLightbus(given()).overrideModule(Real).useModule(Fake);
    await expectToWork(await ending(after.compile()));
    const lightbus = made.forRoot();
    const itself = Test.createTestingModule({ imports: [appModule(lightbus)] })
      .overrideModule(lightbus)
      .useModule(LightbusModule.forRoot());
    await expectToWork(await ending(overrideLightbus(itself).compile()));
  });

  it('lets a test play another service, whose events it registers', async () => {
    @Event('overridden.elsewhere.moved')
    class Moved {}
    const appUnderTest = appModule(made.forRoot());
    const start = async (...imports: Imported[]) =>
      ending(
        overrideLightbus(
          Test.createTestingModule({ imports: [appUnderTest, ...imports] }),
        ).compile(),
      );
    const alone = (await start()).get(EventBus);
    await expect(alone.fire(Moved)).rejects.toThrow(
      'forFeature([Moved]) in a module of the service that the event belongs to (in a test that plays that service, beside',
    );
    const module = await start(LightbusModule.forFeature([Moved]));
    await module.get(EventBus).fire(Moved);
    module.get(EventRecorder).assertFired(Moved);
  });

  it('holds for modules that are loaded lazily', async () => {
    const lightbus = made.useFactory();
    @Module({ imports: [lightbus] })
    class LateModule {}
    const builder = Test.createTestingModule({ imports: [appModule(lightbus)] });
    const module = await ending(overrideLightbus(builder).compile());
    await expectToWork(module);
    const bus = module.get(EventBus);
    await module.get(LazyModuleLoader).load(() => LateModule);
    expect(module.get(EventBus)).toBe(bus);
  });

  it('leaves what a real application refuses', async () => {
    const imports = [appModule(made.forRoot(), made.forRoot())];
    const twice = overrideLightbus(Test.createTestingModule({ imports })).compile();
    await expect(twice).rejects.toThrow(/imported more than once/);
    const beside = [LightbusTestingModule.forRoot(), appModule(made.forRoot())];
    const both = overrideLightbus(Test.createTestingModule({ imports: beside })).compile();
    await expect(both).rejects.toThrow(/don't import LightbusTestingModule, too: overrideLightbus/);
  });

  it('says so where there is nothing to take the place of', async () => {
    for (const imports of [[], [appModule()], [appModule(LightbusModule)]]) {
      const compiling = overrideLightbus(Test.createTestingModule({ imports })).compile();
      await expect(compiling).rejects.toThrow(ConfigurationError);
      await expect(compiling).rejects.toThrow(/none of the modules under test imports one/);
    }
  });

  it('leaves it to Nest to tell of a module that is none', async () => {
    const none = [undefined as unknown as Imported];
    const compiling = overrideLightbus(
      Test.createTestingModule({ imports: [appModule(made.forRoot(), ...none)] }),
    ).compile();
    await expect(compiling).rejects.toThrow(/module at index \[1\]/);
  });

  it('refuses what is no builder, or one no more', async () => {
    const builder = Test.createTestingModule({ imports: [LightbusTestingModule.forRoot()] });
    const module = await ending(builder.compile());
    for (const wrong of [module, Test, undefined, {}]) {
      const give = () => overrideLightbus(wrong as unknown as TestingBuilder);
      expect(give).toThrow(ConfigurationError);
      expect(give).toThrow(/overrideLightbus takes what Test\.createTestingModule .* returns/);
    }
  });
});
