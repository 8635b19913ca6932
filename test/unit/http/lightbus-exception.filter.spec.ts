import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Module,
  Res,
  UseFilters,
  type ArgumentsHost,
  type INestApplication,
  type LoggerService,
  type Provider,
} from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { APP_FILTER, NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { IsEmail } from 'class-validator';
import type { Response } from 'express';
import {
  Event,
  EventBus,
  InvalidOptionsError,
  LightbusExceptionFilter,
  LightbusModule,
  Listeners,
  OnEvent,
  PublishError,
  PublishOutcomeUnknownError,
  TransportError,
} from 'nestjs-lightbus';
import { LightbusTestingModule } from 'nestjs-lightbus/testing';
import { firstValueFrom, type Observable } from 'rxjs';
import { sendAnswer } from '../../../lib/http/send-answer.js';
import { owned } from '../../support/owned.js';
import { waitFor } from '../../support/wait-for.js';

const SECRET = 'Redis at redis://inner.host:6379/0 is not reached';

@Event('http.signed_up')
class SignedUp {
  @IsEmail() mail!: string;
}

@Controller()
class Api {
  constructor(private readonly bus: EventBus) {}

  @Get('invalid')
  invalid() {
    return this.bus.fire(SignedUp, { mail: 'nobody' });
  }

  @Get('unknown')
  @Header('content-type', 'text/csv')
  unknown() {
    throw new PublishOutcomeUnknownError(SECRET, { ids: ['a'], retry: 'with_ids' });
  }

  @Get('outage')
  outage() {
    throw new TransportError(SECRET);
  }

  @Get('never')
  never() {
    throw new PublishError(SECRET);
  }

  @Get('begun')
  begun(@Res() response: Response) {
    response.status(200).write('half');
    throw new TransportError(SECRET);
  }

  @Get('nest')
  nest() {
    throw new BadRequestException('of Nest');
  }

  @Get('other')
  other() {
    throw new Error(SECRET);
  }
}

@UseFilters(LightbusExceptionFilter)
class Bound extends Api {}

@UseFilters(new LightbusExceptionFilter({ invalidStatus: 422 }))
class BoundInstance extends Api {}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

interface Started {
  readonly get: (path: string) => Promise<Answer>;
  readonly logs: string[];
}

interface Parts {
  readonly controller?: typeof Api;
  readonly providers?: Provider[];
  readonly prepare?: (app: INestApplication) => void;
}

async function start({ controller = Api, providers = [], prepare }: Parts): Promise<Started> {
  // Decorators of a class hold for what inherits of it, but its parameters don't.
  Controller()(controller);
  Reflect.defineMetadata('design:paramtypes', [EventBus], controller);
  @Module({
    imports: [
      LightbusTestingModule.forRoot({ features: [] }),
      LightbusModule.forFeature([SignedUp]),
    ],
    controllers: [controller],
    providers,
  })
  class AppModule {}
  const logs: string[] = [];
  const record = (message: unknown) => void logs.push(String(message));
  const quiet = () => undefined;
  const logger: LoggerService = { log: quiet, warn: quiet, error: record };
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  owned().onEnd(() => app.close());
  const url = await app.getUrl();
  return { logs, get: (path) => get(`${url}/${path}`) };
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const body = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, body };
}

const SHAPES: readonly (readonly [string, 400 | 422, Parts])[] = [
  [
    'APP_FILTER, as a class',
    400,
    {
      providers: [{ provide: APP_FILTER, useClass: LightbusExceptionFilter }],
    },
  ],
  [
    'APP_FILTER, as an instance',
    422,
    {
      providers: [
        { provide: APP_FILTER, useValue: new LightbusExceptionFilter({ invalidStatus: 422 }) },
      ],
    },
  ],
  ['@UseFilters, as a class', 400, { controller: Bound }],
  ['@UseFilters, as an instance', 422, { controller: BoundInstance }],
  [
    'useGlobalFilters',
    400,
    {
      prepare: (app) => app.useGlobalFilters(new LightbusExceptionFilter()),
    },
  ],
];

describe('LightbusExceptionFilter on Express', () => {
  it.each(SHAPES)('answers by %s', async (_, invalidStatus, parts) => {
    const { get, logs } = await start(parts);

    expect(await get('invalid')).toMatchObject({
      status: invalidStatus,
      body: {
        statusCode: invalidStatus,
        message: ['mail must be an email'],
        properties: [{ path: 'mail', constraints: { isEmail: 'mail must be an email' } }],
      },
    });
    expect(logs).toEqual([]);
    const outage = await get('outage');
    expect(outage).toMatchObject({ status: 503, body: { error: 'Service Unavailable' } });
    expect(outage.headers.get('retry-after')).toBe('5');
    // The status and the type that the method was to have are not those of its error.
    const unknown = await get('unknown');
    expect(unknown).toMatchObject({ status: 503, body: { ids: ['a'] } });
    expect(unknown.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(unknown.headers.has('retry-after')).toBe(false);
    expect((await get('never')).body).toEqual({
      statusCode: 500,
      message: 'Internal server error',
    });
    // What is lost to the client is in the log.
    expect(logs.filter((line) => line === SECRET)).toHaveLength(3);
  });

  it.each(SHAPES.filter(([shape]) => /class|useGlobal/.test(shape)))(
    'by %s, ends an answer that has begun, and leaves all other errors to Nest',
    async (_, __, parts) => {
      const { get, logs } = await start(parts);

      expect(await get('begun')).toMatchObject({ status: 200, text: 'half' });
      expect(logs).toContain(SECRET);
      expect((await get('nest')).body).toEqual({
        ...{ statusCode: 400, message: 'of Nest', error: 'Bad Request' },
      });
      expect((await get('other')).body).toEqual({
        ...{ statusCode: 500, message: 'Internal server error' },
      });
      expect(logs).toContain(`Error: ${SECRET}`);
    },
  );

  it('refuses a status that it can not have', () => {
    const options = { invalidStatus: 409 } as unknown as { invalidStatus: 422 };
    expect(() => new LightbusExceptionFilter(options)).toThrow(InvalidOptionsError);
  });
});

describe('LightbusExceptionFilter on another platform', () => {
  const answer = { status: 503, body: { statusCode: 503 }, headers: { 'Retry-After': '5' } };

  it.each([
    [false, ['setHeader Retry-After 5', 'reply {"statusCode":503} 503']],
    [true, ['end']],
  ])('goes through its adapter, headers sent: %s', (isSent, expected) => {
    const calls: string[] = [];
    const call =
      (name: string) =>
      (_response: unknown, ...args: unknown[]) => {
        const texts = args.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
        calls.push([name, ...texts].join(' '));
      };
    const adapter = {
      isHeadersSent: () => isSent,
      setHeader: call('setHeader'),
      reply: call('reply'),
      end: call('end'),
    } as unknown as AbstractHttpAdapter;
    sendAnswer({ status: 'of its own' }, answer, adapter);
    expect(calls).toEqual(expected);
  });

  it("writes to Node's own response, as in a middleware of Fastify", async () => {
    const server = createServer(((_request, response) => {
      sendAnswer(response, answer);
      // Nothing more can be said, and nothing is thrown.
      sendAnswer(response, answer);
    }) as RequestListener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    owned().onEnd(() => void server.close());
    const { status, body, headers } = await get(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    );

    expect({ status, body }).toEqual({ status: 503, body: { statusCode: 503 } });
    expect(headers.get('retry-after')).toBe('5');
  });
});

describe('LightbusExceptionFilter in another context', () => {
  const hostOf = (type: string) => ({ getType: () => type }) as unknown as ArgumentsHost;

  it.each(['lightbus', 'graphql'])('throws the error on in %s', (type) => {
    const error = new TransportError(SECRET);
    expect(() => new LightbusExceptionFilter().catch(error, hostOf(type))).toThrow(error);
  });

  it("answers a microservice's client as Nest does, who would wait for ever else", async () => {
    const filter = new LightbusExceptionFilter();
    const answer = filter.catch(new TransportError(SECRET), hostOf('rpc')) as Observable<never>;
    await expect(firstValueFrom(answer)).rejects.toEqual({
      ...{ status: 'error', message: 'Internal server error' },
    });
  });

  it.each([
    ['ws', { readyState: 1 }, ['{"event":"exception","data":%}']],
    ['Socket.IO', {}, ['exception', '%']],
  ])("answers a WebSocket's client as Nest does, which may end otherwise: %s", (_, parts, sent) => {
    const calls: unknown[] = [];
    const record = (...args: unknown[]) => void calls.push(...args);
    const client = { ...parts, ['readyState' in parts ? 'send' : 'emit']: record };
    const host = new ExecutionContextHost([client, { n: 1 }, 'place']);
    host.setType('ws');
    new LightbusExceptionFilter().catch(new TransportError(SECRET), host);
    const payload = {
      ...{ status: 'error', message: 'Internal server error' },
      cause: { pattern: 'place', data: { n: 1 } },
    };
    expect(calls.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))).toEqual(
      sent.map((text) => text.replace('%', JSON.stringify(payload))),
    );
  });

  it('leaves an event to the policy of its listener, with inheritAppConfig', async () => {
    class Mailer {
      @OnEvent(SignedUp, { listenerName: 'mail', onError: 'dead_letter', maxAttempts: 1 })
      mail(): void {
        throw new TransportError(SECRET);
      }
    }
    @Module({
      imports: [
        LightbusTestingModule.forRoot({ inheritAppConfig: true }),
        LightbusModule.forFeature([SignedUp]),
      ],
      providers: [Mailer, { provide: APP_FILTER, useClass: LightbusExceptionFilter }],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    owned().onEnd(() => app.close());
    await app.get(EventBus).fire(SignedUp, { mail: 'ada@example.com' });
    const letters = () => app.get(Listeners).deadLetters('mail')[Symbol.asyncIterator]();
    await waitFor(async () => !(await letters().next()).done, { message: 'a dead letter' });
  });
});
