import { Injectable, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it, jest } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, EventBus, LightbusModule, Listeners, OnEvent } from 'nestjs-lightbus';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
import { ProcessNameInUseError } from '../../../lib/errors.js';
import { ListenerConsumer } from '../../../lib/lifecycle/listener-consumer.js';
import { Supervisor } from '../../../lib/lifecycle/supervisor.js';
import { recordTo } from '../listener/memory-application.js';

@Event('supervisor.counted')
class Counted {
  @Allow() n!: number;
}

const seen: unknown[] = [];

@Injectable()
class Counter {
  @OnEvent(Counted, { listenerName: 'counter' })
  count({ n }: Counted) {
    seen.push(n);
  }
}

@Module({
  imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([Counted])],
  providers: [Counter],
})
class AppModule {}

async function create(logs: string[] = []): Promise<INestApplication> {
  return NestFactory.create(AppModule, { logger: recordTo(logs), abortOnError: false });
}

const NOT_STARTED = [
  expect.stringMatching(/^warn The application is being closed while it starts/),
];
const warnings = (logs: string[]) => logs.filter((line) => line.includes('being closed'));

describe('an application that is initialised more than once', () => {
  it('starts its listeners once, also at the same time', async () => {
    const logs: string[] = [];
    const app = await create(logs);
    await Promise.all([app.init(), app.init()]);
    await app.close();
    // One of a second start would go on in the group of the first.
    const starts = logs.filter((line) => /Listener 'counter' (made|goes on)/.test(line));
    expect(starts).toHaveLength(1);
    // However often it is closed.
    await app.close();
    expect(logs.filter((line) => line.includes('Drained'))).toEqual([
      expect.stringMatching(/^log Drained in \d+\.\d s: 1 listener\.$/),
    ]);
  });

  it('has drained nothing where a listener could not be started', async () => {
    const logs: string[] = [];
    const app = await create(logs);
    const refused = new ProcessNameInUseError('Another live process has it.');
    const starting = jest.spyOn(ListenerConsumer.prototype, 'start').mockRejectedValueOnce(refused);
    await expect(app.init()).rejects.toThrow(refused);
    starting.mockRestore();
    await app.close();
    expect(logs.join()).not.toContain('Drained');
  });

  it('says where none runs, as who forgets the worker beside it sees nothing else', async () => {
    const logs: string[] = [];
    const imports = [
      LightbusTestingModule.forRoot({ features: [] }),
      LightbusModule.forFeature([Counted]),
    ];
    @Module({ imports, providers: [Counter] })
    class ApiModule {}
    const app = await NestFactory.create(ApiModule, { logger: recordTo(logs) });
    await app.init();
    await app.close();
    expect(logs.filter((line) => /listener/i.test(line))).toEqual([
      expect.stringMatching(
        /^log No listener runs in this process: .* 'lightbus run' runs them, unless .* LIGHTBUS_FEATURES, leave them out\.$/,
      ),
    ]);
  });

  it('starts them once where a second application is made of its container', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    module.useLogger(false);
    await module.init();
    const { consumers } = module.get(Supervisor);
    const app = module.createNestApplication();
    await app.init();
    expect(module.get(Supervisor).consumers).toBe(consumers);
    await module.get(EventBus).fire(Counted, { n: 1 });
    await module.get(EventRecorder).whenHandled();
    expect(seen).toEqual([1]);
    await app.close();
    expect(module.get(Listeners).list()).toMatchObject([{ status: 'stopped' }]);
    await module.close();
  });
});

describe('an application that is closed before it has started', () => {
  it('starts no listener, and says so', async () => {
    const logs: string[] = [];
    const app = await create(logs);
    await app.close();
    await app.init();
    expect(app.get(Listeners).list()).toEqual([]);
    expect(warnings(logs)).toEqual(NOT_STARTED);
    expect(logs.join()).not.toContain('Drained');
    await app.close();
  });

  it.each(['onModuleInit', 'onApplicationBootstrap'] as const)(
    'starts none where that is done during %s',
    async (hook) => {
      const logs: string[] = [];
      const closing: Promise<void>[] = [];
      @Injectable()
      class Closing {
        [hook]() {
          closing.push(app.close());
        }
      }
      @Module({ imports: [AppModule], providers: [Closing] })
      class ClosingModule {}
      const app = await NestFactory.create(ClosingModule, { logger: recordTo(logs) });
      await app.init();
      await Promise.all(closing);
      expect(app.get(Listeners).list()).toEqual([]);
      expect(warnings(logs)).toEqual(NOT_STARTED);
    },
  );
});
