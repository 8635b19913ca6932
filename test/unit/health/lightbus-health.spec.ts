import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, type LightbusConfig } from 'nestjs-lightbus';
import { LightbusHealth } from 'nestjs-lightbus/health';
import { startApplication } from '../../e2e/application.js';
import { freePort, sharedRedis, startRedis, uniqueName } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('health.happened')
class Happened {
  @Allow() n?: number;
}

const UP = { lightbus: { status: 'up', degraded: [], listeners: {} } };

describe('LightbusHealth.check', () => {
  it('is up in memory, under the key that is asked for', async () => {
    const { app } = await startInMemory({ events: [Happened], providers: [LightbusHealth] });
    expect(await app.get(LightbusHealth).check()).toEqual(UP);
    const events = await app.get(LightbusHealth).check('events');
    expect(events.events.status).toBe('up');
  });

  it('asks where nothing is in use yet, as in a process that only reads history', async () => {
    const check = async (url: string) => {
      const application = await startApplication({
        url,
        service: uniqueName('idle'),
        providers: [LightbusHealth],
      });
      const { lightbus } = await application.app.get(LightbusHealth).check('lightbus', 500);
      await application.close();
      return lightbus;
    };
    const nobody = `redis://127.0.0.1:${await freePort()}/0`;
    expect(await check(nobody)).toMatchObject({
      status: 'down',
      message: expect.stringContaining(nobody),
    });
    expect(await check((await sharedRedis()).url)).toMatchObject({ status: 'up', degraded: [] });
  });

  it('asks for the APIs that are configured, not for a default that is not', async () => {
    const { url } = await sharedRedis();
    const nobody = `redis://127.0.0.1:${await freePort()}/0`;
    const check = async (config: LightbusConfig) => {
      const application = await startApplication({
        url,
        service: uniqueName('idle'),
        providers: [LightbusHealth],
        options: { config },
      });
      const { lightbus } = await application.app.get(LightbusHealth).check('lightbus', 500);
      await application.close();
      return lightbus.status;
    };
    const at = (place: string) => ({ event_transport: { redis: { url: place } } });
    expect(await check({ apis: { 'a.b': at(url) } })).toBe('up');
    expect(await check({ apis: { 'a.b': at(url), 'c.d': at(nobody) } })).toBe('down');
  });

  it('follows a Redis that goes away, comes back, hangs and goes on', async () => {
    const redis = await startRedis({
      args: ['--user', 'worker', 'on', '>secret', '~*', '&*', '+@all'],
    });
    const application = await startApplication({
      url: `redis://worker:secret@${redis.host}:${redis.port}/0`,
      service: uniqueName('service'),
      events: [Happened],
      providers: [LightbusHealth],
      redis: { consumption_restart_delay: 1 },
    });
    const health = application.app.get(LightbusHealth);
    const check = async (timeoutMs: number) => (await health.check('lightbus', timeoutMs)).lightbus;
    expect(await check(1000)).toMatchObject({ status: 'up', degraded: [] });

    await redis.kill();
    await waitFor(async () => (await check(50)).status === 'down');
    const { message } = await check(50);
    expect(message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:\d+\/0 can't be used: /);
    expect(message).not.toContain('secret');

    await redis.restart();
    expect(await check(10_000)).toMatchObject({ status: 'up', degraded: [] });

    process.kill(redis.pid, 'SIGSTOP');
    const hanging = await check(100);
    process.kill(redis.pid, 'SIGCONT');
    expect(hanging.status).toBe('down');
    expect(hanging.message).toMatch(/is connected, but gave no answer in 100 ms/);
    expect(hanging.message).not.toContain('secret');
    expect(await check(10_000)).toMatchObject({ status: 'up', degraded: [] });

    await application.close();
    expect((await check(1000)).status).toBe('down');
    await redis.stop();
  });
});
