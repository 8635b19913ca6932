import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Event, LightbusModule } from 'nestjs-lightbus';
import type { LightbusDashboardOptions } from 'nestjs-lightbus/dashboard';
import { EventRecorder, overrideLightbus } from 'nestjs-lightbus/testing';
import { IsString } from 'class-validator';
import { CliProcess } from '../../e2e/cli-process.js';
import { owned } from '../../support/owned.js';
import { startRedis } from '../../support/redis-server.js';
import { Browser } from '../../unit/dashboard/browser.js';
import { commandsIn } from '../harness/commands.js';
import { page } from './dashboard.js';

@Event('shop.mailed')
class Mailed {
  @IsString() email!: string;
}

interface Served {
  readonly app: INestApplication;
  readonly browser: Browser;
}

/** Serves a module of the page on Express, with its events in memory. */
async function serve(
  root: Type<object>,
  prepare?: (app: INestApplication) => void,
): Promise<Served> {
  const builder = Test.createTestingModule({ imports: [root] });
  const app = (await overrideLightbus(builder).compile()).createNestApplication({
    forceCloseConnections: true,
  });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  owned().onEnd(() => app.close());
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return { app, browser: new Browser(`http://127.0.0.1:${port}`) };
}

/** As a module of a reader who authenticates users. */
function signIn(app: INestApplication): void {
  app.use((request: Record<string, unknown>, _: unknown, next: () => void) => {
    const { 'x-role': role } = request.headers as Record<string, string>;
    if (role !== undefined) request.user = { id: 'ada', roles: [role] };
    next();
  });
}

/** An application around what a block makes. */
async function withDashboard(file: string): Promise<Type<object>> {
  const { dashboard } = await page.load<{ dashboard: DynamicModule }>(file);
  @Module({ imports: [LightbusModule.forRoot(), LightbusModule.forFeature([Mailed]), dashboard] })
  class Whole {}
  return Whole;
}

describe('docs/dashboard.md', () => {
  it('serves the page of its quick start, to this machine only', async () => {
    const { AppModule } = await page.load<{ AppModule: Type<object> }>('app.module.ts');
    const { browser } = await serve(AppModule);
    const overview = await browser.get('/lightbus');
    expect(overview.status).toBe(200);
    for (const name of ['Overview', 'Listeners', 'Dead letters', 'Streams', 'History']) {
      expect(overview.body).toMatch(new RegExp(`>\\s*${name}\\s*</a\\s*>`));
      expect(page.text).toContain(`- **${name}**`);
    }
    const strangers: Record<string, string>[] = [
      { host: 'store.example' },
      { 'x-forwarded-for': '10.0.0.7' },
    ];
    for (const headers of strangers) {
      expect(await browser.get('/lightbus', headers)).toMatchObject({ status: 403 });
    }
  });

  it('serves it to whom the guard lets in, from everywhere', async () => {
    const { OperatedModule } = await page.load<{ OperatedModule: Type<object> }>(
      'operator.guard.ts',
    );
    const { browser } = await serve(OperatedModule, signIn);
    const from = { host: 'store.example', 'x-forwarded-for': '10.0.0.7' };
    expect(await browser.get('/lightbus', from)).toMatchObject({ status: 403 });
    expect(await browser.get('/lightbus', { ...from, 'x-role': 'guest' })).toMatchObject({
      status: 403,
    });
    const seen = await browser.get('/lightbus', { ...from, 'x-role': 'operator' });
    expect(seen.status).toBe(200);
    expect(seen.body).toContain('Dead letters can be redriven and discarded');
  });

  it('hides what mask hides', async () => {
    const { app, browser } = await serve(await withDashboard('mask.ts'));
    await app.get(EventRecorder).given([Object.assign(new Mailed(), { email: 'ada@example.com' })]);
    const { body } = await browser.get('/lightbus/history?api=shop');
    expect(body).toContain('***');
    expect(body).not.toContain('ada@example.com');
  });

  it('takes settings from a factory, and has its path and guards beside it', async () => {
    const { browser } = await serve(await withDashboard('asynchronous.ts'), signIn);
    expect(await browser.get('/internal/events')).toMatchObject({ status: 403 });
    const seen = await browser.get('/internal/events', { 'x-role': 'operator' });
    expect(seen.status).toBe(200);
    expect(seen.body).toContain('Dead letters can be redriven and discarded');
  });

  it('has commands that serve the page without an application', async () => {
    const { url } = await startRedis();
    const env = { LIGHTBUS_REDIS_URL: url };
    const [plain = [], acting = []] = commandsIn(page.code('sh'));
    const [, , ...first] = plain;
    const [, , ...second] = acting;
    expect(first).toEqual(['dashboard']);
    expect(second.slice(0, 2)).toEqual(['dashboard', '--port']);
    // Other ports: those of the page may be taken here.
    const commands = [first, second].map((args) =>
      args.filter((word) => !/^--port$|^\d+$/.test(word)),
    );
    const bodies = commands.map(async (args) => {
      const served = new CliProcess([...args, '--port', '0'], { env });
      await served.whenPrinted('The page is at ');
      const [address = ''] = /http:\S+/.exec(served.stdout) ?? [];
      const { body } = await new Browser(address.replace(/\/$/, '')).get('/');
      await served.end('SIGTERM');
      return body;
    });
    const [reading, redriving] = await Promise.all(bodies);
    expect(reading).not.toContain('can be redriven');
    expect(redriving).toContain('Dead letters can be redriven and discarded');
  }, 30_000);

  it('has every option in its table', () => {
    // The compiler knows whether these are all.
    const options: Record<keyof LightbusDashboardOptions, true> = {
      ...{ path: true, guards: true, imports: true, version: true },
      ...{ actions: true, mask: true, secret: true },
    };
    const [, table = ''] = page.text.split('\n## Options\n');
    const rows = [...table.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(Object.keys(options));
  });

  it('shows a line of the log, and has no other code', () => {
    expect(page.code('text')).toMatch(/^Dashboard: '\w+' at \S+ redrives \d+ dead letters of /);
    expect(page.untaken()).toEqual([]);
  });
});
