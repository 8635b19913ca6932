import {
  type ArgumentsHost,
  Catch,
  Injectable,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Allow, IsInt, Max } from 'class-validator';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { EMPTY, map, of, throwError, timer, type Observable } from 'rxjs';
import { startInMemory } from './memory-application.js';

@Event('outcome.counted')
class Counted {
  @IsInt() n!: number;
}

@Event('outcome.limited')
class Limited {
  @Allow() n!: number;
}

function Decorated(decorators: readonly MethodDecorator[]): MethodDecorator {
  return (...args) => {
    for (const decorate of decorators) decorate(...args);
  };
}

/** Fires one event at handlers that fail until they are told not to. */
async function startFailing(handlers: { failures: number; calls: number }) {
  const provider = { provide: 'handlers', useValue: handlers };
  return startInMemory({ events: [Counted, Limited], providers: [provider] });
}

describe('what a handler returns', () => {
  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a value', () => 'value'],
    ['null', () => null],
    ['a promise', () => Promise.resolve('value')],
    ['an Observable', () => of(1, 2)],
    ['an Observable that emits nothing', () => EMPTY],
    ['a promise of an Observable that emits nothing', () => Promise.resolve(EMPTY)],
  ])('is success where it returns %s: the event is acknowledged', async (_, answer) => {
    class Handlers {
      calls = 0;
      @OnEvent(Counted, { listenerName: 'answering' })
      handle() {
        this.calls++;
        return answer();
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.calls).toBe(1);
    expect(logs.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['returns an Observable that fails', () => throwError(() => new Error('broken'))],
  ])('is failure where it %s: the event is tried again', async (_, fail) => {
    class Handlers {
      calls = 0;
      @OnEvent(Counted, { listenerName: 'failing_once' })
      handle() {
        return ++this.calls === 1 ? fail() : undefined;
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.calls).toBe(2);
    const told = logs.filter((line) => /^(warn|error) Event/.test(line));
    expect(told).toEqual([
      expect.stringMatching(/^warn .*failed at attempt 1 in .*: broken\. Next/),
    ]);
  });

  it.each<[string, MethodDecorator[]]>([
    ['by itself', []],
    ['behind an interceptor', [UseInterceptors({ intercept: (_, next) => next.handle() })]],
  ])('is a generator, which is run to its end %s', async (_, decorators) => {
    class Handlers {
      readonly lines: string[] = [];
      @Decorated(decorators)
      @OnEvent(Counted, { listenerName: 'generator' })
      *handle({ n }: Counted) {
        this.lines.push(`start ${n}`);
        yield timer(1).pipe(map(() => this.lines.push(`middle ${n}`)));
        this.lines.push(`end ${n}`);
      }
      @Decorated(decorators)
      @OnEvent(Counted, { listenerName: 'async_generator' })
      async *handleAsync() {
        this.lines.push('async');
        yield await Promise.resolve(1);
        if (this.lines.filter((line) => line === 'async').length === 1) throw new Error('broken');
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.lines.filter((line) => line !== 'async')).toEqual([
      'start 1',
      'middle 1',
      'end 1',
    ]);
    expect(handlers.lines.filter((line) => line === 'async')).toHaveLength(2);
    const told = logs.filter((line) => /^(warn|error) Event/.test(line));
    expect(told).toEqual([
      expect.stringMatching(/^warn .*failed at attempt 1 in .*: broken\. Next/),
    ]);
  });

  it('is waited for: the next event comes when the Observable has completed', async () => {
    class Handlers {
      readonly lines: string[] = [];
      @OnEvent(Counted, { listenerName: 'observable' })
      handle({ n }: Counted) {
        this.lines.push(`start ${n}`);
        return timer(5).pipe(map(() => this.lines.push(`end ${n}`)));
      }
    }
    const handlers = new Handlers();
    const { bus, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 1 });
    await bus.fire(Counted, { n: 2 });
    await whenHandled();
    expect(handlers.lines).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
  });
});

describe('filters', () => {
  class Failing {
    failures = 1;
    calls = 0;
    fail() {
      this.calls++;
      if (this.failures-- > 0) throw new TypeError('broken');
    }
  }

  function filterThat(answer: (error: Error) => unknown): ExceptionFilter {
    @Catch()
    class Filter implements ExceptionFilter {
      catch(error: Error) {
        return answer(error);
      }
    }
    return new Filter();
  }

  it.each<[string, () => unknown]>([
    ['a value', () => 'handled'],
    ['false', () => false],
    ['a promise of a value', () => Promise.resolve('handled')],
    ['an Observable of a value', () => of('handled')],
  ])('deal with an error by returning %s: the event is acknowledged', async (_, answer) => {
    class Handlers extends Failing {
      @UseFilters(filterThat(answer))
      @OnEvent(Counted, { listenerName: 'filtered' })
      handle() {
        this.fail();
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startFailing(handlers);
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.calls).toBe(1);
    expect(logs.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a promise of nothing', () => Promise.resolve()],
    ['an Observable of nothing', () => EMPTY],
  ])(
    'that return %s leave the error to the listener: the event is tried again',
    async (_, answer) => {
      const seen: string[] = [];
      class Handlers extends Failing {
        @UseFilters(
          filterThat((error) => {
            seen.push(error.message);
            return answer();
          }),
        )
        @OnEvent(Counted, { listenerName: 'logged' })
        handle() {
          this.fail();
        }
      }
      const handlers = new Handlers();
      const { bus, logs, whenHandled } = await startFailing(handlers);
      await bus.fire(Counted, { n: 1 });
      await whenHandled();
      expect(handlers.calls).toBe(2);
      expect(seen).toEqual(['broken']);
      const told = logs.filter((line) => /^(warn|error) Event/.test(line));
      expect(told).toEqual([expect.stringContaining('broken')]);
    },
  );

  it.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('no response');
      },
    ],
    ['return an Observable that fails', () => throwError(() => new Error('no response'))],
  ])('that %s replace the error, which is told as the cause', async (_, answer) => {
    class Handlers extends Failing {
      @UseFilters(filterThat(answer))
      @OnEvent(Counted, { listenerName: 'replaced' })
      handle() {
        this.fail();
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startFailing(handlers);
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.calls).toBe(2);
    const told = logs.filter((line) => /^(warn|error) Event/.test(line));
    expect(told).toEqual([
      expect.stringContaining('no response (in an exception filter) (cause: broken). Next'),
    ]);
  });

  it.each<[string, (error: Error) => Error]>([
    ['the error itself', (error) => error],
    ['an error with a cause of its own', (error) => new Error('translated', { cause: error })],
  ])('that throw %s are not mentioned', async (_, translate) => {
    class Handlers extends Failing {
      @UseFilters(
        filterThat((error) => {
          throw translate(error);
        }),
      )
      @OnEvent(Counted, { listenerName: 'translated' })
      handle() {
        this.fail();
      }
    }
    const { bus, logs, whenHandled } = await startFailing(new Handlers());
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    const told = logs.filter((line) => /^(warn|error) Event/.test(line));
    expect(told).toEqual([expect.stringMatching(/: (translated \(cause: broken\)|broken)\. Next/)]);
  });

  it('of another exception do not run', async () => {
    @Catch(RangeError)
    class RangeFilter implements ExceptionFilter {
      catch() {
        return 'handled';
      }
    }
    @UseFilters(RangeFilter)
    @Injectable()
    class Handlers extends Failing {
      @OnEvent(Counted, { listenerName: 'other_exception' })
      handle() {
        this.fail();
      }
    }
    const { app, bus, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [Handlers],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(app.get(Handlers).calls).toBe(2);
  });

  it('see event and message as arguments', async () => {
    const seen: unknown[] = [];
    @Catch()
    class ArgumentFilter implements ExceptionFilter {
      catch(_: unknown, host: ArgumentsHost) {
        seen.push(
          host.getArgs<[Counted, EventMessage<Counted>]>().map((each) => each.constructor.name),
        );
        return true;
      }
    }
    class Handlers extends Failing {
      @UseFilters(new ArgumentFilter())
      @OnEvent(Counted, { listenerName: 'arguments' })
      handle() {
        this.fail();
      }
    }
    const { bus, whenHandled } = await startFailing(new Handlers());
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(seen).toEqual([['Counted', 'Object']]);
  });
});

describe('guards and interceptors', () => {
  it('let a guard refuse: the event fails, and is tried again', async () => {
    let refusals = 1;
    class Refusing implements CanActivate {
      canActivate() {
        return refusals-- <= 0;
      }
    }
    class Handlers {
      calls = 0;
      @UseGuards(new Refusing())
      @OnEvent(Counted, { listenerName: 'refused' })
      handle() {
        this.calls++;
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(handlers.calls).toBe(1);
    expect(logs.filter((line) => line.includes('Forbidden resource'))).toHaveLength(1);
  });

  it('let an interceptor skip an event: it is acknowledged without a call', async () => {
    class SkipOdd implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return context.getArgByIndex<Counted>(0).n % 2 === 1 ? EMPTY : next.handle();
      }
    }
    class Handlers {
      readonly seen: number[] = [];
      @UseInterceptors(new SkipOdd())
      @OnEvent(Counted, { listenerName: 'skipping' })
      handle({ n }: Counted) {
        this.seen.push(n);
      }
    }
    const handlers = new Handlers();
    const { bus, logs, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    for (const n of [1, 2, 3, 4]) await bus.fire(Counted, { n });
    await whenHandled();
    expect(handlers.seen).toEqual([2, 4]);
    expect(logs.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('ValidationPipe', () => {
  class AtMostTen {
    @IsInt() @Max(10) n!: number;
  }

  it('checks the event against the type of the parameter, and leaves the message alone', async () => {
    const messages: EventMessage[] = [];
    class Handlers {
      readonly seen: unknown[] = [];
      @UseFilters(new RecordInvalid(messages))
      @UsePipes(
        new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
      )
      @OnEvent('outcome.limited', { listenerName: 'validated' })
      handle(event: AtMostTen, message: EventMessage) {
        this.seen.push(event, message.payload);
      }
    }
    const handlers = new Handlers();
    const { bus, whenHandled } = await startInMemory({
      events: [Limited],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Limited, { n: 10 });
    await bus.fire(Limited, { n: 11 });
    await whenHandled();
    expect(handlers.seen).toEqual([Object.assign(new AtMostTen(), { n: 10 }), { n: 10 }]);
    expect(handlers.seen[0]).toBeInstanceOf(AtMostTen);
    expect(messages.map(({ payload }) => payload)).toEqual([{ n: 11 }]);
  });

  it('lets an instance of the event class through as it is', async () => {
    class Handlers {
      readonly seen: unknown[] = [];
      @UsePipes(new ValidationPipe())
      @OnEvent(Counted, { listenerName: 'validated_class' })
      handle(event: Counted) {
        this.seen.push(event);
      }
    }
    const handlers = new Handlers();
    const { bus, whenHandled } = await startInMemory({
      events: [Counted],
      providers: [{ provide: 'handlers', useValue: handlers }],
    });
    await bus.fire(Counted, { n: 3 });
    await whenHandled();
    expect(handlers.seen).toEqual([Object.assign(new Counted(), { n: 3 })]);
    expect(handlers.seen[0]).toBeInstanceOf(Counted);
  });
});

@Catch()
class RecordInvalid implements ExceptionFilter {
  constructor(private readonly messages: EventMessage[]) {}
  catch(_: unknown, host: ArgumentsHost) {
    this.messages.push(host.getArgByIndex(1));
    return 'recorded';
  }
}
