import {
  Controller,
  Inject,
  Injectable,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, REQUEST, type ContextIdStrategy } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { startInMemory } from './memory-application.js';

@Event('scope.counted')
class Counted {
  @Allow() n!: number;
}

/** What happened, in order. */
@Injectable()
class Diary {
  readonly lines: unknown[] = [];
}

/** Numbers instances, so that a test can tell them apart. */
let made = 0;

interface Handlers {
  readonly number: number;
}

async function fireTwo(parts: { providers?: Type<object>[]; controllers?: Type<object>[] }) {
  made = 0;
  const { app, bus, logs, whenHandled } = await startInMemory({
    events: [Counted],
    ...parts,
    providers: [Diary, ...(parts.providers ?? [])],
  });
  await bus.fire(Counted, { n: 1 });
  await bus.fire(Counted, { n: 2 });
  await whenHandled();
  expect(logs.filter((line) => /^(warn|error) Event/.test(line))).toEqual([]);
  return app.get(Diary).lines;
}

describe('the scope of a provider', () => {
  it('default: one instance for all events', async () => {
    @Injectable()
    class Single implements Handlers {
      readonly number = ++made;
      constructor(private readonly diary: Diary) {}
      @OnEvent(Counted, { listenerName: 'single' })
      handle({ n }: Counted) {
        this.diary.lines.push([n, this.number]);
      }
    }
    expect(await fireTwo({ providers: [Single] })).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('REQUEST: a new instance for each event, and REQUEST is its message', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerEvent implements Handlers {
      readonly number = ++made;
      constructor(
        private readonly diary: Diary,
        @Inject(REQUEST) private readonly request: EventMessage<Counted>,
      ) {}
      @OnEvent(Counted, { listenerName: 'per_event' })
      handle({ n }: Counted, message: EventMessage<Counted>) {
        this.diary.lines.push([n, this.number, this.request === message]);
      }
    }
    expect(await fireTwo({ providers: [PerEvent] })).toEqual([
      [1, 1, true],
      [2, 2, true],
    ]);
  });

  it('REQUEST of a dependency: the handler is made anew too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      readonly name: string;
      constructor(@Inject(REQUEST) message: EventMessage<Counted>) {
        this.name = `tenant ${message.payload.n}`;
      }
    }
    @Injectable()
    class OfTenant {
      readonly number = ++made;
      constructor(
        private readonly diary: Diary,
        private readonly tenant: Tenant,
      ) {}
      @OnEvent(Counted, { listenerName: 'of_tenant' })
      handle() {
        this.diary.lines.push([this.tenant.name, this.number]);
      }
    }
    expect(await fireTwo({ providers: [Tenant, OfTenant] })).toEqual([
      ['tenant 1', 1],
      ['tenant 2', 2],
    ]);
  });

  it('REQUEST on a controller: a new instance for each event', async () => {
    @Controller({ scope: Scope.REQUEST })
    class PerEvent implements Handlers {
      readonly number = ++made;
      constructor(
        private readonly diary: Diary,
        @Inject(REQUEST) private readonly request: EventMessage<Counted>,
      ) {}
      @OnEvent(Counted, { listenerName: 'controller_per_event' })
      handle() {
        this.diary.lines.push([this.request.payload.n, this.number]);
      }
    }
    expect(await fireTwo({ controllers: [PerEvent] })).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('REQUEST of a guard: guard and handler are made for each event', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerEventGuard implements CanActivate {
      readonly number = ++made;
      constructor(
        private readonly diary: Diary,
        @Inject(REQUEST) private readonly request: EventMessage<Counted>,
      ) {}
      canActivate(context: ExecutionContext) {
        const message = context.getArgByIndex<EventMessage<Counted>>(1);
        this.diary.lines.push(['guard', this.number, this.request === message]);
        return true;
      }
    }
    @Injectable()
    class Guarded {
      constructor(private readonly diary: Diary) {}
      @UseGuards(PerEventGuard)
      @OnEvent(Counted, { listenerName: 'guarded_per_event' })
      handle({ n }: Counted) {
        this.diary.lines.push(n);
      }
    }
    expect(await fireTwo({ providers: [Guarded] })).toEqual([
      ['guard', 1, true],
      1,
      ['guard', 2, true],
      2,
    ]);
  });

  it('TRANSIENT: a new instance for each event, with its dependencies', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Fresh implements Handlers {
      readonly number = ++made;
      constructor(private readonly diary: Diary) {}
      @OnEvent(Counted, { listenerName: 'fresh' })
      handle({ n }: Counted) {
        this.diary.lines.push([n, this.number]);
      }
    }
    expect(await fireTwo({ providers: [Fresh] })).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('TRANSIENT on a controller: a new instance for each event', async () => {
    @Controller({ scope: Scope.TRANSIENT })
    class Fresh {
      readonly number = ++made;
      constructor(private readonly diary: Diary) {}
      @OnEvent(Counted, { listenerName: 'fresh_controller' })
      handle({ n }: Counted) {
        this.diary.lines.push([n, this.number]);
      }
    }
    const lines = (await fireTwo({ controllers: [Fresh] })) as [number, number][];
    expect(lines.map(([n]) => n)).toEqual([1, 2]);
    expect(new Set(lines.map(([, number]) => number)).size).toBe(2);
  });

  it('TRANSIENT of a guard: one instance of its own for the handler', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class OwnGuard implements CanActivate {
      readonly number = ++made;
      constructor(private readonly diary: Diary) {}
      canActivate() {
        this.diary.lines.push(['guard', typeof this.number]);
        return true;
      }
    }
    @Injectable()
    class Guarded {
      @UseGuards(OwnGuard)
      @OnEvent(Counted, { listenerName: 'transient_guard' })
      handle() {
        return undefined;
      }
    }
    expect(await fireTwo({ providers: [Guarded] })).toEqual([
      ['guard', 'number'],
      ['guard', 'number'],
    ]);
  });

  it('durable: one instance for each tenant, as the strategy of the application says', async () => {
    const tenants = new Map<number, ReturnType<typeof ContextIdFactory.create>>();
    const strategy: ContextIdStrategy<EventMessage<Counted>> = {
      attach(contextId, message) {
        const tenant = message.payload.n % 2;
        const tenantId = tenants.get(tenant) ?? ContextIdFactory.create();
        tenants.set(tenant, tenantId);
        return {
          resolve: ({ isTreeDurable }) => (isTreeDurable ? tenantId : contextId),
          payload: { tenant },
        };
      },
    };
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class OfTenant {
      readonly number = ++made;
      constructor(
        private readonly diary: Diary,
        @Inject(REQUEST) private readonly request: { tenant: number },
      ) {}
      @OnEvent(Counted, { listenerName: 'durable' })
      handle({ n }: Counted) {
        this.diary.lines.push([n, this.request.tenant, this.number]);
      }
    }
    ContextIdFactory.apply(strategy);
    try {
      made = 0;
      const { app, bus, whenHandled } = await startInMemory({
        events: [Counted],
        providers: [Diary, OfTenant],
      });
      for (const n of [1, 2, 3, 4]) await bus.fire(Counted, { n });
      await whenHandled();
      expect(app.get(Diary).lines).toEqual([
        [1, 1, 1],
        [2, 0, 2],
        [3, 1, 1],
        [4, 0, 2],
      ]);
    } finally {
      ContextIdFactory.apply(undefined as never);
    }
  });

  it('leaves an event with its listener where its provider can not be made, and tries again', async () => {
    let failures = 1;
    @Injectable({ scope: Scope.REQUEST })
    class Unlucky {
      constructor(private readonly diary: Diary) {
        if (failures-- > 0) throw new Error('no connection');
      }
      @OnEvent(Counted, { listenerName: 'unlucky' })
      handle({ n }: Counted) {
        this.diary.lines.push(n);
      }
    }
    const { app, bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [Diary, Unlucky],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual([1]);
    expect(logs.filter((line) => line.includes('no connection'))).toHaveLength(1);
  });
});
