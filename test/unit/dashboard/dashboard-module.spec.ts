import {
  Catch,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  VERSION_NEUTRAL,
  VersioningType,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type ExceptionFilter,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { ConfigurationError } from 'nestjs-lightbus';
import { LightbusDashboardModule, type LightbusDashboardOptions } from 'nestjs-lightbus/dashboard';
import { Browser } from './browser.js';
import { createApplication, PLATFORMS, startDashboard } from './dashboard-application.js';

/** Whom guards let in. */
@Injectable()
class People {
  readonly allowed = 'ada';
}

@Module({ providers: [People], exports: [People] })
class PeopleModule {}

@Injectable()
class KeyGuard implements CanActivate {
  constructor(private readonly people: People) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-user'] === this.people.allowed) return true;
    throw new UnauthorizedException('who are you?');
  }
}

const GUARDED: LightbusDashboardOptions = { guards: [KeyGuard], imports: [PeopleModule] };

describe.each(PLATFORMS)('the page on %s', (platform) => {
  it('is at /lightbus, with headers that let nothing else be loaded, framed or kept', async () => {
    const browser = new Browser((await startDashboard(platform)).url);
    const { status, headers, body } = await browser.get('/lightbus');

    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(body).toMatch(/^<!doctype html>/);
    for (const path of ['/lightbus/overview', '/lightbus/listeners', '/lightbus/dead-letters']) {
      expect(await browser.get(path)).toMatchObject({ status: 200 });
    }
  });

  it('brings its style and script, to be kept for ever', async () => {
    const browser = new Browser((await startDashboard(platform)).url);
    const { body } = await browser.get('/lightbus');
    const files = [...body.matchAll(/(?:href|src)="(\.\/lightbus\/assets\/[^"]+)"/g)];
    const answers = await Promise.all(files.map(([, file]) => browser.get(file!.slice(1))));

    expect(answers.map(({ status, headers }) => [status, headers['content-type']])).toEqual(
      expect.arrayContaining([
        [200, 'text/css; charset=utf-8'],
        [200, 'text/javascript; charset=utf-8'],
      ]),
    );
    for (const { headers } of answers) expect(headers['cache-control']).toContain('immutable');
    expect(await browser.get('/lightbus/assets/style.000.css')).toMatchObject({ status: 404 });
  });

  it('is where the application says: path, prefix and version', async () => {
    const { url } = await startDashboard(platform, {
      options: { path: 'ops/bus' },
      prepare: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
      },
    });
    const browser = new Browser(url);
    const { status, body } = await browser.get('/api/v2/ops/bus');

    expect(status).toBe(200);
    expect(body).toContain('href="./bus/listeners"');
    const below = await browser.get('/api/v2/ops/bus/listeners');
    expect(below.body).toContain('href="./listeners"');
    for (const path of ['/lightbus', '/ops/bus', '/api/ops/bus']) {
      expect(await browser.get(path)).toMatchObject({ status: 404 });
    }
  });

  it('needs no version where it says so, though all else has one', async () => {
    const { url } = await startDashboard(platform, {
      options: { version: VERSION_NEUTRAL },
      prepare: (app) =>
        app.enableVersioning({
          type: VersioningType.HEADER,
          header: 'x-version',
          defaultVersion: '1',
        }),
    });

    expect(await new Browser(url).get('/lightbus')).toMatchObject({ status: 200 });
  });

  it('is behind global guards, and out of reach of interceptors that rewrite answers', async () => {
    const seen: string[] = [];
    @Injectable()
    class Gate implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
        return request.headers['x-gate'] === 'open';
      }
    }
    @Injectable()
    class Envelope implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        seen.push(context.getHandler().name);
        return next.handle().pipe(map((data: unknown) => ({ data })));
      }
    }
    const { url } = await startDashboard(platform, {
      providers: [
        { provide: APP_GUARD, useClass: Gate },
        { provide: APP_INTERCEPTOR, useClass: Envelope },
      ],
    });
    const browser = new Browser(url);

    expect(await browser.get('/lightbus')).toMatchObject({ status: 403 });
    const { status, body } = await browser.get('/lightbus', { 'x-gate': 'open' });
    expect({ status, seen }).toEqual({ status: 200, seen: ['base'] });
    expect(body).toMatch(/^<!doctype html>.*<\/html>\s*$/s);
  });

  it('is for whom its guards let in, wherever they are, in production, too', async () => {
    @Catch(UnauthorizedException)
    class Login implements ExceptionFilter {
      constructor(@Inject('LOGIN') private readonly address: string) {}

      catch(_: unknown, host: ArgumentsHost): void {
        const response = host.switchToHttp().getResponse<{
          status(code: number): { send(body: string): void };
        }>();
        response.status(401).send(this.address);
      }
    }
    const { url } = await inProduction(() =>
      startDashboard(platform, {
        options: GUARDED,
        providers: [
          { provide: 'LOGIN', useValue: 'log in first' },
          { provide: APP_FILTER, useClass: Login },
        ],
      }),
    );
    const browser = new Browser(url);
    const far = { host: 'ops.example.com', 'x-forwarded-for': '1.2.3.4' };

    expect(await browser.get('/lightbus', far)).toMatchObject({
      status: 401,
      body: 'log in first',
    });
    expect(await browser.get('/lightbus', { ...far, 'x-user': 'ada' })).toMatchObject({
      status: 200,
    });
    const [, script] = /src="\.([^"]*script[^"]*)"/.exec(
      (await browser.get('/lightbus', { 'x-user': 'ada' })).body,
    )!;
    expect(await browser.get(script!)).toMatchObject({ status: 401 });
    expect(await browser.post('/lightbus/redrive', {})).toMatchObject({ status: 401 });
  });

  it('without guards answers nobody from elsewhere, and says nothing of the service', async () => {
    const browser = new Browser((await startDashboard(platform)).url);
    const strangers: Record<string, string>[] = [
      // DNS rebinding.
      { host: 'evil.example' },
      { host: 'localhost.evil.example' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { 'x-forwarded-host': 'localhost' },
      { via: '1.1 proxy' },
    ];
    for (const headers of strangers) {
      for (const { status, body } of [
        await browser.get('/lightbus', headers),
        await browser.get('/lightbus/listeners', headers),
        await browser.post('/lightbus/redrive', {}, headers),
      ]) {
        expect({ headers, status }).toEqual({ headers, status: 403 });
        expect(body).toContain('Only for this machine');
        expect(body).not.toContain('store');
      }
    }
  });

  it('takes settings from a factory, and its routes from beside it', async () => {
    const dashboard = LightbusDashboardModule.forRootAsync({
      imports: [PeopleModule],
      inject: [People],
      path: 'bus',
      guards: [KeyGuard],
      useFactory: async (people: People) => ({ actions: people.allowed === 'ada' }),
    });
    const browser = new Browser((await startDashboard(platform, { dashboard })).url);
    const ada = { 'x-user': 'ada' };

    expect(await browser.get('/bus')).toMatchObject({ status: 401 });
    expect(await browser.get('/bus', ada)).toMatchObject({ status: 200 });
    // Actions are on: it is the origin that is refused.
    const { body } = await browser.post(
      '/bus/discard',
      {},
      { ...ada, origin: 'https://evil.example' },
    );
    expect(body).toContain('Origin');
  });

  it('may be another one in another application of the process', async () => {
    const [one, other] = await Promise.all([
      startDashboard(platform, { options: { path: 'one' } }),
      startDashboard(platform, { options: { path: 'other', ...GUARDED } }),
    ]);

    expect(await new Browser(one.url).get('/one')).toMatchObject({ status: 200 });
    expect(await new Browser(one.url).get('/other')).toMatchObject({ status: 404 });
    expect(await new Browser(other.url).get('/other')).toMatchObject({ status: 401 });
  });

  it('leaves what is not its own to the application', async () => {
    const browser = new Browser((await startDashboard(platform)).url);
    const { status, body } = await browser.get('/lightbus/nothing');

    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 404,
      body: { statusCode: 404 },
    });
  });
});

describe('the start', () => {
  it.each([{}, { guards: [] }, { actions: true }])(
    'is refused in production without guards: %j',
    async (options: LightbusDashboardOptions) => {
      await expect(inProduction(() => startDashboard('express', { options }))).rejects.toThrow(
        /has no guards, and NODE_ENV is production.*guards: \[AdminGuard\]/s,
      );
    },
  );

  it.each<[object, RegExp]>([
    [{ acitons: true }, /acitons.*Did you mean 'actions'\?/],
    [{ actions: 'yes' }, /actions: expected true or false; found/],
    [{ mask: {} }, /mask: expected a function/],
    [
      { secret: 'too short' },
      /secret: expected a text of 32 characters or more; found a text of 9/,
    ],
  ])('is refused with %j', async (options, message) => {
    const start = startDashboard('express', { options });

    await expect(start).rejects.toThrow(ConfigurationError);
    await expect(start).rejects.toThrow(message);
  });

  it('is refused where a factory makes nothing', async () => {
    const dashboard = LightbusDashboardModule.forRootAsync({
      useFactory: () => undefined as never,
    });

    await expect(startDashboard('express', { dashboard })).rejects.toThrow(ConfigurationError);
  });

  it('is refused without a bus', async () => {
    @Module({ imports: [LightbusDashboardModule.forRoot()] })
    class AppModule {}
    const created = createApplication('express', AppModule, { logger: false, abortOnError: false });

    await expect(created).rejects.toThrow(/there is none. Import LightbusModule.forRoot\(\)/);
  });
});

it('stays out of the documents that @nestjs/swagger makes', async () => {
  const { app } = await startDashboard('express');
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);

  expect(controllers.length).toBeGreaterThan(3);
  for (const { metatype } of controllers) {
    expect(Reflect.getMetadata('swagger/apiExcludeController', metatype as object)).toEqual([true]);
  }
});

async function inProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    return await work();
  } finally {
    process.env.NODE_ENV = before;
  }
}
