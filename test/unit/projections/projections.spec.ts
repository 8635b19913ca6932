import {
  Controller,
  Inject,
  Injectable,
  Module,
  Scope,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { describe, expect, it, jest } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  Event,
  EventBus,
  InvalidOptionsError,
  ListenerDefinitionError,
  OnEvent,
  Project,
  Projections,
  ProjectionStoppedError,
  UnknownProjectionError,
  WaitTimeoutError,
  type EventMessage,
} from 'nestjs-lightbus';
import { LightbusHealth } from 'nestjs-lightbus/health';
import { Stores } from '../../../lib/store/stores.js';
import { waitFor } from '../../support/wait-for.js';
import {
  recordTo,
  startInMemory,
  type MemoryApplicationParts,
} from '../listener/memory-application.js';

@Event('projected.placed')
class Placed {
  @IsInt() n!: number;
}
@Event('projected.paid')
class Paid {
  @IsInt() n!: number;
}
@Event('projected.noted')
class Noted {
  @IsInt() n!: number;
}
@Event('projected.placed')
class PlacedElsewhere {
  @IsInt() n!: number;
}
@Event('elsewhere.sent')
class Sent {
  @IsInt() n!: number;
}

@Injectable()
class OrderList {
  readonly seen: string[] = [];
  readonly messages: EventMessage<object>[] = [];

  @Project(Placed)
  async placed(event: Placed, message: EventMessage<Placed>) {
    await Promise.resolve();
    this.note('placed', event, message);
  }

  @Project([Paid, Placed])
  both(event: Paid | Placed, message: EventMessage<Paid | Placed>) {
    if (event.n === 666) throw new Error('no such order');
    this.note('both', event, message);
  }

  private note(method: string, event: Placed, message: EventMessage<object>) {
    this.seen.push(`${method} ${event.constructor.name} ${event.n}`);
    this.messages.push(message);
  }
}

const EVENTS = [Placed, Paid, Noted, Sent];

/** What stays real where timers are faked. */
const CLOCKS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
] as const;

/** Fires Placed 1, Paid 2 and Noted 3 before the projections are fed. */
@Injectable()
class Past {
  constructor(@Inject(EventBus) private readonly bus: EventBus) {}
  async onModuleInit() {
    await this.bus.fire(Placed, { n: 1 });
    await this.bus.fire(Paid, { n: 2 });
    await this.bus.fire(Noted, { n: 3 });
  }
}

async function start(parts: MemoryApplicationParts = {}) {
  const { providers = [OrderList, Past], ...others } = parts;
  const application = await startInMemory({
    events: EVENTS,
    providers: [...providers, LightbusHealth],
    ...others,
  });
  const projections = application.app.get(Projections);
  const list = application.app.get(OrderList, { strict: false });
  return { ...application, projections, list };
}

const health = async ({ app }: Pick<Awaited<ReturnType<typeof start>>, 'app'>) =>
  (await app.get(LightbusHealth).check()).lightbus;

describe('@Project', () => {
  it('is fed from the beginning before the application has started, then live, in order', async () => {
    const { bus, list, projections } = await start({ options: { features: [] } });
    const past = ['placed Placed 1', 'both Placed 1', 'both Paid 2'];
    expect(list.seen).toEqual(past);
    expect(list.messages[0]).toBe(list.messages[1]);
    expect(list.messages.map(({ isReplay }) => isReplay)).toEqual([true, true, true]);
    expect(projections.state(OrderList)).toMatchObject({ caughtUp: true, failed: null });
    await projections.ready;
    await projections.waitFor(OrderList, await bus.fire(Paid, { n: 4 }));
    expect(list.seen).toEqual([...past, 'both Paid 4']);
    expect(list.messages.at(-1)?.isReplay).toBe(false);
  });

  it('lets onApplicationBootstrap wait for it, and starts listeners afterwards', async () => {
    const order: string[] = [];
    @Injectable()
    class Waiter implements OnApplicationBootstrap {
      constructor(
        private readonly projections: Projections,
        private readonly list: OrderList,
      ) {}
      async onApplicationBootstrap() {
        await this.projections.ready;
        order.push(`ready with ${this.list.seen.length}`);
      }
      @OnEvent(Placed, { listenerName: 'waiter' })
      handle() {
        order.push('handled');
      }
    }
    const { whenHandled } = await start({ providers: [OrderList, Past, Waiter] });
    await whenHandled();
    expect(order).toEqual(['ready with 3', 'handled']);
  });

  it('tells when it has come to an event of its streams, selected or not', async () => {
    const { bus, projections, list } = await start();
    const noted = await bus.fire(Noted, { n: 5 });
    await projections.waitFor(OrderList, noted.nativeId);
    const paid = await bus.fire(Paid, { n: 6 });
    await projections.waitFor(OrderList, paid);
    await projections.waitFor(OrderList, paid);
    expect(list.seen.at(-1)).toBe('both Paid 6');
    expect(projections.state(OrderList).position).toBe(paid.nativeId);
  });

  it('tells when it has come to each event of a list, which may be empty', async () => {
    const { bus, projections, list } = await start();
    await projections.waitFor(OrderList, []);
    const events = [7, 8].map((n) => Object.assign(new Paid(), { n }));
    await projections.waitFor(OrderList, await bus.fireAll(events));
    expect(list.seen.slice(-2)).toEqual(['both Paid 7', 'both Paid 8']);
    const last = await bus.fire(Noted, { n: 5 });
    const later = [last, '9999999999999-0'];
    const waiting = projections.waitFor(OrderList, later, { timeoutMs: 5 });
    await expect(waiting).rejects.toThrow(WaitTimeoutError);
  });

  it.each([undefined, null, 7, {}])('says what to give instead of %j', async (event) => {
    const { projections } = await start();
    const waiting = projections.waitFor(OrderList, event as never);
    await expect(waiting).rejects.toThrow(InvalidOptionsError);
    await expect(waiting).rejects.toThrow(/OrderList can't be waited for.* give the message/);
  });

  it.each<[string, unknown, RegExp]>([
    ['a time that no timer can be set to', { timeoutMs: Infinity }, /'timeoutMs'.*0 to 2147483647/],
    ['no number', { timeoutMs: NaN }, /'timeoutMs'/],
    ['an unknown option', { timeout: 5 }, /no option 'timeout'. It has: timeoutMs/],
  ])('refuses %s, rather than give up at once', async (_, options, reason) => {
    const { projections, bus } = await start();
    const waiting = projections.waitFor(
      OrderList,
      await bus.fire(Paid, { n: 1 }),
      options as never,
    );
    await expect(waiting).rejects.toThrow(InvalidOptionsError);
    await expect(waiting).rejects.toThrow(reason);
  });

  it('tells of a method that does not return, once, and whom it keeps waiting', async () => {
    const keep = [
      'Date',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'setTimeout',
    ];
    jest.useFakeTimers({ doNotFake: [...keep, 'clearTimeout', 'clearImmediate'] as never });
    try {
      @Injectable()
      class Endless {
        @Project([Placed, Paid])
        placed({ n }: Placed | Paid) {
          return n === 9 ? new Promise<void>(() => undefined) : undefined;
        }
      }
      const config = { bus: { shutdown_timeout: 0.05 }, apis: MEMORY };
      const parts = { providers: [Endless], events: EVENTS, options: { config } };
      const { app, bus, close, logs } = await startInMemory(parts);
      const projections = app.get(Projections);
      jest.advanceTimersByTime(60_000);
      const { nativeId } = await bus.fire(Placed, { n: 9 });
      const late = projections.waitFor(Endless, nativeId, { timeoutMs: 20 });
      await expect(late).rejects.toThrow(
        `it is at the beginning, and a method has not returned from entry ${nativeId} on 'projected.*:stream'.`,
      );
      jest.advanceTimersByTime(60_000);
      const told = logs.filter((line) => line.includes('has not returned from'));
      expect(told).toEqual([expect.stringMatching(/^warn Endless: .* for 10 s or more/)]);
      const closed = expect(projections.waitFor(Endless, nativeId)).rejects.toThrow(
        'the application is being closed',
      );
      await close();
      await closed;
    } finally {
      jest.useRealTimers();
    }
  });

  it('rejects at once for what it will never come to, and after its time for what does not come', async () => {
    const { bus, projections } = await start();
    const sent = await bus.fire(Sent, { n: 1 });
    await expect(projections.waitFor(OrderList, sent)).rejects.toThrow(InvalidOptionsError);
    await expect(projections.waitFor(OrderList, 'x')).rejects.toThrow(InvalidOptionsError);
    const later = projections.waitFor(OrderList, '9999999999999-0', { timeoutMs: 5 });
    await expect(later).rejects.toThrow(WaitTimeoutError);
    await expect(projections.waitFor(Placed, sent)).rejects.toThrow(UnknownProjectionError);
    expect(() => projections.state(Past)).toThrow(/Past is no projection.*OrderList/);
  });

  it('asks for the message where it reads several streams', async () => {
    @Injectable()
    class Several {
      @Project(['projected.*', Sent])
      any() {}
    }
    const { bus, projections } = await start({ providers: [Several, OrderList] });
    const sent = await bus.fire(Sent, { n: 1 });
    await projections.waitFor(Several, sent);
    await expect(projections.waitFor(Several, sent.nativeId)).rejects.toThrow(/several streams/);
  });

  it('stops loudly where a method fails, and never skips', async () => {
    const application = await start();
    const { bus, projections, list, logs } = application;
    const bad = await bus.fire(Placed, { n: 666 });
    const next = await bus.fire(Placed, { n: 7 });
    await expect(projections.waitFor(OrderList, next)).rejects.toThrow(ProjectionStoppedError);
    await expect(projections.waitFor(OrderList, bad)).rejects.toThrow('no such order');
    expect(list.seen.at(-1)).toBe('placed Placed 666');
    const { failed } = projections.state(OrderList);
    expect(failed?.message).toContain(`at entry ${bad.nativeId} on 'projected.*:stream'`);
    const errors = logs.filter((line) => line.startsWith('error'));
    expect(errors).toEqual([expect.stringContaining('no such order')]);
    expect(await health(application)).toMatchObject({
      status: 'down',
      message: expect.stringContaining('OrderList'),
    });
  });

  it('starts the application where it fails while it catches up, which ready tells', async () => {
    @Injectable()
    class Failing {
      @Project('projected.*')
      any() {
        return Promise.reject(new Error('not today'));
      }
    }
    const application = await start({ providers: [Failing, OrderList, Past] });
    const { projections, list } = application;
    await expect(projections.ready).rejects.toThrow('not today');
    expect(list.seen).toHaveLength(3);
    expect((await health(application)).status).toBe('down');
  });

  it('refuses the start where it has not caught up in time, and says how far it came', async () => {
    @Injectable()
    class Slow {
      @Project(Paid)
      paid() {
        return new Promise<void>(() => undefined);
      }
    }
    // The method that never ends keeps nothing open.
    const config = { bus: { projection_timeout: 0.05, shutdown_timeout: 0.05 }, apis: MEMORY };
    const starting = start({ providers: [Slow, OrderList, Past], options: { config } });
    const refused = expect(starting).rejects.toThrow(
      /within 0.05 s.*projection_timeout.*Slow 0 events, at \d+-\d+; OrderList 2 events/,
    );
    await refused;
  });

  it('tells every five seconds how far it is, as long as it catches up', async () => {
    let go: (() => void) | undefined;
    @Injectable()
    class Slow {
      @Project(Paid)
      paid() {
        return new Promise<void>((resolve) => (go = resolve));
      }
    }
    const lines: string[] = [];
    const told = () => lines.filter((line) => line.includes('Catching up'));
    jest.useFakeTimers({ doNotFake: [...CLOCKS, 'setTimeout', 'clearTimeout'] });
    try {
      const prepare: MemoryApplicationParts['prepare'] = (app) => app.useLogger(recordTo(lines));
      const starting = start({ providers: [Slow, OrderList, Past], prepare });
      await waitFor(() => go);
      jest.advanceTimersByTime(4_999);
      expect(told()).toEqual([]);
      jest.advanceTimersByTime(5_001);
      const howFar = /^log Catching up: Slow 0 events, at \d+-\d+; OrderList 2 events, caught up$/;
      expect(told()).toEqual([expect.stringMatching(howFar), expect.stringMatching(howFar)]);
      go?.();
      await starting;
      jest.advanceTimersByTime(5_000);
      expect(told()).toHaveLength(2);
    } finally {
      go?.();
      jest.useRealTimers();
    }
  });

  it('waits for five seconds, where nothing else is said', async () => {
    const { projections } = await start();
    jest.useFakeTimers({ doNotFake: [...CLOCKS] });
    try {
      const waiting = projections.waitFor(OrderList, '9999999999999-0');
      const rejected = expect(waiting).rejects.toThrow(/within 5000 ms: it is at/);
      await jest.advanceTimersByTimeAsync(5_000);
      await rejected;
    } finally {
      jest.useRealTimers();
    }
  });

  it('is fed no more once the application is closed', async () => {
    const { app, projections, close } = await start();
    const waiting = projections.waitFor(OrderList, '9999999999999-0');
    const rejected = expect(waiting).rejects.toThrow('the application is being closed');
    const { store } = app.get(Stores).forApi('projected');
    const range = jest.spyOn(store, 'range');
    await close();
    await rejected;
    expect(range).not.toHaveBeenCalled();
    expect(projections.state(OrderList).failed).toBeNull();
  });

  it.each([
    ['while it catches up', 1],
    ['live', 9],
  ])(
    'does not keep the application from being closed where a method never ends, %s',
    async (_, n) => {
      const entered: number[] = [];
      @Injectable()
      class Endless {
        @Project(Placed)
        placed(event: Placed) {
          entered.push(event.n);
          return event.n === n ? new Promise<void>(() => undefined) : undefined;
        }
      }
      const bus = { projection_timeout: 0.2, shutdown_timeout: 0.05 };
      const parts = { providers: [Endless, Past], events: EVENTS };
      const starting = startInMemory({ ...parts, options: { config: { bus, apis: MEMORY } } });
      if (n === 1) return expect(starting).rejects.toThrow(/within 0.2 s.*Endless 0 events/);
      const { bus: eventBus, close, logs } = await starting;
      await eventBus.fire(Placed, { n });
      await waitFor(() => entered.includes(n));
      await close();
      expect(logs.join('\n')).toMatch(
        /warn Endless: a method with @Project still runs after 0.05 s/,
      );
    },
  );

  it('is not fed, and the log says why, where onModuleInit waits for ready', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      let go = (): void => undefined;
      @Injectable()
      class Early {
        constructor(@Inject(Projections) private readonly projections: Projections) {}
        async onModuleInit() {
          await Promise.race([this.projections.ready, new Promise<void>((free) => (go = free))]);
        }
      }
      const lines: string[] = [];
      const starting = startInMemory({
        providers: [Early],
        prepare: (app) => app.useLogger(recordTo(lines)),
      });
      for (let i = 0; i < 100 && lines.every((line) => !/ready is waited/.test(line)); i++) {
        await new Promise((resolve) => setImmediate(resolve));
        jest.advanceTimersByTime(1_000);
      }
      go();
      expect(
        lines.filter((line) => /ready is waited for.*onApplicationBootstrap/.test(line)),
      ).toHaveLength(1);
      await starting;
    } finally {
      jest.useRealTimers();
    }
  });

  it.each(['provider', 'controller'])('finds what a %s inherits, and overrides', async (kind) => {
    class Base {
      readonly seen: string[] = [];
      @Project(Placed)
      placed() {
        this.seen.push('base');
      }
      @Project(Paid)
      paid() {
        this.seen.push('paid');
      }
    }
    @Controller()
    class Derived extends Base {
      @Project(Placed)
      override placed() {
        this.seen.push('derived');
      }
    }
    const [providers, controllers] =
      kind === 'provider' ? [[Derived, Past], []] : [[Past], [Derived]];
    const { app } = await startInMemory({ events: EVENTS, providers, controllers });
    expect(app.get(Derived).seen).toEqual(['derived', 'paid']);
  });
});

const MEMORY = { default: { event_transport: { memory: {} } } };

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  @Project(Placed)
  placed() {}
}
@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @Project(Placed)
  placed() {}
}
class Overridden {
  @Project(Placed)
  placed() {}
}
@Injectable()
class Overriding extends Overridden {
  override placed() {}
}
@Injectable()
class TwoClasses {
  @Project(Placed)
  placed() {}
  @Project(PlacedElsewhere)
  elsewhere() {}
}

@Event('projected.lifted', { version: 3, upcasters: { 1: (parameters) => parameters } })
class Lifted {}
@Injectable()
class Unliftable {
  @Project(Lifted)
  lifted() {}
}

describe('@Project that would never be called', () => {
  it.each([
    [Unliftable, /no upcaster for 2/],
    [Transient, /made anew for each request or use/],
    [PerRequest, /made anew for each request or use/],
    [Overriding, /Overridden\.placed has an @Project and would never be called/],
    [TwoClasses, /by two classes, Placed and PlacedElsewhere/],
  ])('stops the start: %p', async (provider, reason) => {
    const starting = startInMemory({ events: EVENTS, providers: [provider] });
    await expect(starting).rejects.toThrow(ListenerDefinitionError);
    await expect(startInMemory({ events: EVENTS, providers: [provider] })).rejects.toThrow(reason);
  });

  it.each([[['events']], [[]]])(
    'is refused in a module that is loaded lazily, features %j',
    async (features) => {
      const options = { features } as MemoryApplicationParts['options'];
      const { app } = await startInMemory({ events: EVENTS, options });
      @Injectable()
      class LateList {
        @Project(Placed)
        placed() {}
      }
      @Module({ providers: [LateList] })
      class LazyModule {}
      await expect(app.get(LazyModuleLoader).load(() => LazyModule)).rejects.toThrow(
        /^LazyModule was loaded lazily, and has handlers .*: LateList\.placed/,
      );
    },
  );

  it('stops the start where no provider has it, if that is asked for', async () => {
    const starting = startInMemory({ options: { strictListeners: true } });
    await expect(starting).rejects.toThrow(/@Project on a method that would never be called/);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a static method',
      () =>
        decorate(
          class A {
            static a() {}
          },
          'a',
        ),
      /on A.a is on a static/,
    ],
    ['a property', () => Project(Placed)(class {}.prototype, 'a'), /a property or an accessor/],
    ['no selector', () => apply([]), /selects|selected/],
    ['a class without @Event', () => apply(class NoEvent {}), /NoEvent.*no @Event/],
  ])('is refused where it is applied: %s', (_, run, reason) => {
    expect(run).toThrow(ListenerDefinitionError);
    expect(run).toThrow(reason);
  });
});

function decorate(target: object, name: string) {
  const descriptor = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
  const project: MethodDecorator = Project('projected.*');
  project(target, name, descriptor);
}

function apply(selectors: unknown) {
  class Some {
    some() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Some.prototype, 'some') as PropertyDescriptor;
  Project(selectors as string)(Some.prototype, 'some', descriptor);
}
