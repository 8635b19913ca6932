import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Scope,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { defer, from, mergeMap, type Observable } from 'rxjs';
import {
  Aggregates,
  defineAggregate,
  Event,
  EventBus,
  OnEvent,
  Project,
  type EventMessage,
  type FireOptions,
} from 'nestjs-lightbus';
import { handledEvent } from '../../../lib/event/handled-event.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const SPAN = TRACE.replace('b7ad', 'c7ad');
const OTHER_TRACE = TRACE.replace('0af7', '1af7');

@Event('carry.cause', { key: 'n' })
class Cause {
  @Allow() n!: string;
}

@Event('carry.effect', { key: 'n' })
class Effect {
  @Allow() n!: string;
}

@Event('carry.projected')
class Projected {
  @Allow() n!: string;
}

/** What the handler does with its event. */
type Act = (bus: EventBus, event: Cause, aggregates: Aggregates) => unknown;

let act: Act = () => undefined;
/** What a guard and an interceptor do. */
let guard: Act = () => undefined;
let intercept: Act = () => undefined;

const Counter = defineAggregate({
  events: [Effect],
  initial: () => 0,
  evolve: (state) => state + 1,
});

@Injectable()
class Guard implements CanActivate {
  constructor(
    private readonly bus: EventBus,
    private readonly aggregates: Aggregates,
  ) {}
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await guard(this.bus, context.getArgs()[0] as Cause, this.aggregates);
    return true;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  constructor(
    private readonly bus: EventBus,
    private readonly aggregates: Aggregates,
  ) {}
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const act = async () => intercept(this.bus, context.getArgs()[0] as Cause, this.aggregates);
    return defer(() => from(act())).pipe(mergeMap(() => next.handle()));
  }
}

@Injectable()
class Plain {
  constructor(
    private readonly bus: EventBus,
    private readonly aggregates: Aggregates,
  ) {}
  @OnEvent(Cause, { listenerName: 'plain' })
  async handle(event: Cause): Promise<void> {
    await act(this.bus, event, this.aggregates);
  }
}

@Injectable()
class Enhanced {
  @UseGuards(Guard)
  @UseInterceptors(Interceptor)
  @OnEvent(Cause, { listenerName: 'enhanced' })
  handle(): void {}
}

@Injectable({ scope: Scope.REQUEST })
class PerEvent {
  constructor(private readonly bus: EventBus) {}
  @OnEvent(Cause, { listenerName: 'per_event' })
  async handle({ n }: Cause): Promise<void> {
    if (n.startsWith('scoped')) await this.bus.fire(Effect, { n });
  }
}

@Injectable()
class ReadModel {
  constructor(private readonly bus: EventBus) {}
  @Project(Cause)
  async project({ n }: Cause): Promise<void> {
    if (n.startsWith('projected')) await this.bus.fire(Projected, { n });
  }
}

let application: MemoryApplication;
beforeAll(async () => {
  application = await startInMemory({
    events: [Cause, Effect, Projected],
    providers: [Guard, Interceptor, Plain, Enhanced, PerEvent, ReadModel],
  });
});
beforeEach(() => {
  act = guard = intercept = () => undefined;
});

/** Fires a cause, waits for what it leads to, and gives both. */
async function lead(n: string, options?: FireOptions) {
  const { bus, whenHandled } = application;
  const cause = await bus.fire(Cause, { n }, options);
  await whenHandled();
  return { cause, effects: await effectsOf(n) };
}

async function effectsOf(n: string): Promise<EventMessage<Effect>[]> {
  const effects: EventMessage<Effect>[] = [];
  for await (const one of application.bus.history(Effect)) {
    if (one.payload.n === n) effects.push(one);
  }
  return effects;
}

describe('what is fired in a handler', () => {
  const FULL = { correlationId: 'order-1', traceparent: TRACE, tracestate: 'a=1' };

  it('carries on what its cause says, but its headers, and has it as its cause', async () => {
    act = (bus, event) => bus.fire(Effect, { n: event.n });
    const headers = { tenant: 'acme' };
    const { cause, effects } = await lead('full', { ...FULL, causationId: 'x', headers });
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({ ...FULL, causationId: cause.id });
    expect(effects[0]?.headers).toBeUndefined();
  });

  it('belongs to its cause where that belongs to nothing', async () => {
    act = (bus, event) => bus.fireAll([Object.assign(new Effect(), { n: event.n })]);
    const { cause, effects } = await lead('alone');
    expect(effects[0]).toMatchObject({ correlationId: cause.id, causationId: cause.id });
    expect(effects[0]?.traceparent).toBeUndefined();
  });

  it('says what was given instead, each option for itself', async () => {
    const given: FireOptions[] = [
      { correlationId: 'own' },
      { causationId: 'own' },
      { traceparent: SPAN },
      { traceparent: OTHER_TRACE },
      { tracestate: 'b=2' },
      { headers: { n: 1 } },
    ];
    act = (bus, event) =>
      Promise.all(given.map((options) => bus.fire(Effect, { n: event.n }, options)));
    const { cause, effects } = await lead('given', FULL);
    const carried = { ...FULL, causationId: cause.id };
    for (const [i, options] of given.entries()) {
      const isOtherTrace = options.traceparent === OTHER_TRACE;
      const expected = { ...carried, ...options, ...(isOtherTrace && { tracestate: undefined }) };
      const { correlationId, causationId, traceparent, tracestate, headers } = effects[i]!;
      const found = { correlationId, causationId, traceparent, tracestate, headers };
      expect(found).toEqual({ headers: undefined, ...expected });
    }
  });

  it.each<[string, Act]>([
    [
      'after it has waited',
      async (bus, event) => (await delay(2), bus.fire(Effect, { n: event.n })),
    ],
    [
      'of a timer',
      (bus, event) =>
        new Promise((done) => setTimeout(() => done(bus.fire(Effect, { n: event.n })), 1)),
    ],
    [
      'of setImmediate',
      (bus, event) =>
        new Promise((done) => setImmediate(() => done(bus.fire(Effect, { n: event.n })))),
    ],
    ['that nobody awaits', (bus, event) => void bus.fire(Effect, { n: event.n })],
    [
      'of an aggregate',
      (_, { n }, all) => all.change(Counter, n, () => Object.assign(new Effect(), { n })),
    ],
  ])('knows its cause: %s', async (name, how) => {
    act = how;
    const { cause, effects } = await lead(`how ${name}`);
    expect(effects.map(({ causationId }) => causationId)).toEqual([cause.id]);
  });

  it('knows its cause in guards, interceptors and providers of request scope', async () => {
    guard = intercept = (bus, event) => bus.fire(Effect, { n: event.n });
    const { cause, effects } = await lead('scoped');
    expect(effects.map(({ causationId }) => causationId)).toEqual([cause.id, cause.id, cause.id]);
  });

  it('knows its own cause, however many listeners handle at a time', async () => {
    const { bus, whenHandled } = application;
    act =
      guard =
      intercept =
        async (bus, event) => {
          await delay(Math.random() * 3);
          await bus.fire(Effect, { n: event.n });
          await delay(Math.random() * 3);
          await bus.fire(Effect, { n: event.n });
        };
    const names = Array.from({ length: 20 }, (_, i) => `mixed ${i}`);
    const causes = await bus.fireAll(names.map((n) => Object.assign(new Cause(), { n })));
    await whenHandled();
    for (const [i, { id }] of causes.entries()) {
      const effects = await effectsOf(`mixed ${i}`);
      expect(effects.map(({ causationId }) => causationId)).toEqual(Array(6).fill(id));
    }
  });

  it('makes a chain, all of which belongs to the first', async () => {
    act = async (bus, { n }) => {
      const [, name, left] = /^(chain) (\d)$/.exec(n) ?? [];
      if (left && left !== '0') await bus.fire(Cause, { n: `${name} ${Number(left) - 1}` });
    };
    await lead('chain 3');
    const chain: EventMessage<Cause>[] = [];
    for await (const one of application.bus.history(Cause)) {
      if (one.payload.n.startsWith('chain')) chain.push(one);
    }
    expect(chain).toHaveLength(4);
    expect(chain.map(({ causationId }) => causationId)).toEqual([
      undefined,
      ...chain.slice(0, 3).map(({ id }) => id),
    ]);
    expect(new Set(chain.slice(1).map(({ correlationId }) => correlationId))).toEqual(
      new Set([chain[0]?.id]),
    );
  });

  it('has no cause outside of handlers, nor in a projection', async () => {
    const outside = await application.bus.fire(Effect, { n: 'outside' });
    expect(outside).not.toHaveProperty('causationId');
    await lead('projected');
    const found = await waitFor(async () => {
      for await (const one of application.bus.history(Projected)) return one;
      return undefined;
    });
    expect(found).not.toHaveProperty('causationId');
    expect(found).not.toHaveProperty('correlationId');
  });

  it('leaves what handlers enter themselves to them', async () => {
    const own = new AsyncLocalStorage<string>();
    const before: (string | undefined)[] = [];
    act = (_, { n }) => {
      before.push(own.getStore());
      own.enterWith(n);
    };
    await lead('enter 1');
    await lead('enter 2');
    expect(before).toEqual([undefined, undefined]);
    expect(own.getStore()).toBeUndefined();
  });
});

it('has the same cause at each try', async () => {
  let tries = 0;
  act = async (bus, { n }) => {
    if (!/^tried$/.test(n)) return;
    await bus.fire(Effect, { n });
    if (++tries < 3) throw new Error('Not yet.');
  };
  const { cause, effects } = await lead('tried');
  expect(effects.map(({ causationId, correlationId }) => [causationId, correlationId])).toEqual(
    Array(3).fill([cause.id, cause.id]),
  );
});

it('knows its cause on the bus of another application in this process, and that one its own', async () => {
  const other = await startInMemory({ events: [Cause, Effect], providers: [Plain] });
  act = async (bus, { n }) => {
    if (bus === other.bus) await bus.fire(Effect, { n });
    else await other.bus.fire(Cause, { n }, { headers: { hop: 1 } });
  };
  const { cause } = await lead('hops');
  await other.whenHandled();
  const found: EventMessage<object>[] = [];
  for await (const one of other.bus.history([Cause, Effect])) found.push(one);
  expect(found.map(({ causationId, correlationId }) => [causationId, correlationId])).toEqual([
    [cause.id, cause.id],
    [found[0]?.id, cause.id],
  ]);
  expect(found.map(({ headers }) => headers)).toEqual([{ hop: 1 }, undefined]);
  await other.close();
});

it('does not lend its cause to an application that it starts', async () => {
  let started: MemoryApplication | undefined;
  act = async (_, { n }) => {
    if (n === 'starts') {
      started ??= await startInMemory({
        events: [Cause, Effect, Projected],
        providers: [ReadModel],
      });
    }
  };
  await lead('starts');
  const { bus } = started!;
  await bus.fire(Cause, { n: 'projected' });
  const found = await waitFor(async () => {
    for await (const one of bus.history(Projected)) return one;
    return undefined;
  });
  expect(found).not.toHaveProperty('causationId');
});

it.each([true, false])(
  'knows its cause only where that is stored: bus.headers %p',
  async (headers) => {
    let isKnown: boolean | undefined;
    act = (bus, event) => {
      isKnown = handledEvent() !== undefined;
      return bus.fire(Effect, { n: event.n });
    };
    const apis = { default: { event_transport: { memory: {} } } };
    const { bus, whenHandled, close } = await startInMemory({
      events: [Cause, Effect],
      providers: [Plain],
      options: { config: { bus: { headers }, apis } },
    });
    const { id } = await bus.fire(Cause, { n: 'off' });
    await whenHandled();
    const found: EventMessage<Effect>[] = [];
    for await (const one of bus.history(Effect)) found.push(one);
    expect(found.map(({ causationId }) => causationId)).toEqual([headers ? id : undefined]);
    expect(isKnown).toBe(headers);
    await close();
  },
);
