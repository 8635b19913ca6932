import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Scope,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, ListenerDefinitionError, OnEvent } from 'nestjs-lightbus';
import { startInMemory } from './memory-application.js';

@Event('application.counted')
class Counted {
  @Allow() n!: number;
}

const lines: string[] = [];

class WideGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    lines.push(`guard ${context.getType<string>()}`);
    return true;
  }
}

class WideInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    lines.push(`interceptor ${context.getType<string>()}`);
    return next.handle();
  }
}

class WidePipe implements PipeTransform {
  transform(value: unknown) {
    lines.push('pipe');
    return value;
  }
}

@Catch()
class WideFilter implements ExceptionFilter {
  catch() {
    lines.push('filter');
    return 'handled';
  }
}

@Injectable()
class Handlers {
  failures = 1;
  @OnEvent(Counted, { listenerName: 'wide' })
  handle() {
    lines.push('handler');
    if (this.failures-- > 0) throw new Error('once');
  }
}

const AS_PROVIDERS: Provider[] = [
  { provide: APP_GUARD, useClass: WideGuard },
  { provide: APP_INTERCEPTOR, useClass: WideInterceptor },
  { provide: APP_PIPE, useClass: WidePipe },
  { provide: APP_FILTER, useClass: WideFilter },
];

async function handleOne(parts: Parameters<typeof startInMemory>[0]) {
  lines.length = 0;
  const started = await startInMemory({ events: [Counted], ...parts });
  await started.bus.fire(Counted, { n: 1 });
  await started.whenHandled();
  return started;
}

describe('application-wide enhancers', () => {
  const useGlobal: Parameters<typeof startInMemory>[0]['prepare'] = (app) =>
    app
      .useGlobalGuards(new WideGuard())
      .useGlobalInterceptors(new WideInterceptor())
      .useGlobalPipes(new WidePipe())
      .useGlobalFilters(new WideFilter());

  it('do not run around handlers, whether provided or given to the application', async () => {
    await handleOne({ providers: [Handlers, ...AS_PROVIDERS], prepare: useGlobal });
    expect(lines).toEqual(['handler', 'handler']);
  });

  it('run with inheritAppConfig where they are given to the application', async () => {
    await handleOne({
      providers: [Handlers],
      prepare: useGlobal,
      options: { inheritAppConfig: true },
    });
    expect(lines).toEqual(['guard lightbus', 'interceptor lightbus', 'pipe', 'handler', 'filter']);
  });

  it('run with inheritAppConfig where they are provided', async () => {
    await handleOne({
      providers: [Handlers, ...AS_PROVIDERS],
      options: { inheritAppConfig: true },
    });
    expect(lines).toEqual(['guard lightbus', 'interceptor lightbus', 'pipe', 'handler', 'filter']);
  });

  it('run with inheritAppConfig around a request-scoped handler', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerEvent {
      @OnEvent(Counted, { listenerName: 'wide_per_event' })
      handle() {
        lines.push('handler');
      }
    }
    await handleOne({
      providers: [PerEvent, ...AS_PROVIDERS],
      options: { inheritAppConfig: true },
    });
    expect(lines).toEqual(['guard lightbus', 'interceptor lightbus', 'pipe', 'handler']);
  });
});

describe('application-wide enhancers of request scope', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequestGuard implements CanActivate {
    constructor(@Inject('greeting') private readonly greeting: string) {}
    canActivate(context: ExecutionContext) {
      lines.push(`${this.greeting} ${context.getType<string>()}`);
      return true;
    }
  }
  const providers: Provider[] = [
    { provide: 'greeting', useValue: 'hello' },
    { provide: APP_GUARD, useClass: PerRequestGuard },
  ];

  @Controller()
  class OnController {
    @OnEvent(Counted, { listenerName: 'wide_controller' })
    handle() {
      lines.push('handler');
    }
    @Get()
    get() {
      return 'got';
    }
  }

  it('run around handlers of controllers with inheritAppConfig', async () => {
    await handleOne({
      providers,
      controllers: [OnController],
      options: { inheritAppConfig: true },
    });
    expect(lines).toEqual(['hello lightbus', 'handler']);
  });

  it('stop the start with inheritAppConfig where a provider has a handler', async () => {
    const starting = handleOne({
      providers: [...providers, Handlers],
      options: { inheritAppConfig: true },
    });
    await expect(starting).rejects.toThrow(ListenerDefinitionError);
    await expect(starting).rejects.toThrow(
      /^PerRequestGuard can't run around Handlers\.handle \(AppModule\): /,
    );
  });

  it('do no harm without inheritAppConfig', async () => {
    await handleOne({ providers: [...providers, Handlers], controllers: [OnController] });
    expect([...lines].sort()).toEqual(['handler', 'handler', 'handler']);
  });
});
