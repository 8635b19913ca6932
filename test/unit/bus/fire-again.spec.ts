import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { Allow, IsDate, IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, StoredEventUnreadError, type EventMessage } from 'nestjs-lightbus';
import { newEventId } from '../../../lib/wire/event-id.js';
import { startApplication } from '../../e2e/application.js';
import { sharedRedis, startRedis, uniqueName } from '../../support/redis-server.js';

class Line {
  @Allow() sku!: string;
}

/** An application on a stream of its own. */
async function startFiring(
  parts: { url?: string; api?: Record<string, unknown>; raw?: Redis } = {},
) {
  const api = uniqueName('again');
  @Event(`${api}.placed`, { version: 2, upcasters: { 1: (one) => one } })
  class Placed {
    @IsInt() n!: number;
    @IsDate() @Type(() => Date) at: Date = new Date(0);
    @Allow() @Type(() => Line) lines: Line[] = [];
  }
  @Event(`${api}.shipped`)
  class Shipped {
    @IsInt() n!: number;
  }
  const shared = await sharedRedis();
  const { bus, logs } = await startApplication({
    url: parts.url ?? shared.url,
    service: 'svc',
    events: [Placed, Shipped],
    api: parts.api,
  });
  const raw = parts.raw ?? shared.client();
  const make = (n: number) => {
    const line = Object.assign(new Line(), { sku: `sku ${n}` });
    return Object.assign(new Placed(), { n, lines: [line] });
  };
  const stored = async () => {
    const messages: EventMessage<object>[] = [];
    for await (const message of bus.history(Placed)) messages.push(message);
    return messages;
  };
  const warnings = () => logs.filter((line) => line.startsWith('warn ') && /Entry/.test(line));
  return { bus, raw, Placed, Shipped, make, stored, warnings, api, stream: `${api}.*:stream` };
}

describe('an event that is fired again under its id', () => {
  it('has duplicate false first, also without an id; and nowhere but on what is fired', async () => {
    const { bus, make, stored } = await startFiring();
    expect((await bus.fire(make(1))).duplicate).toBe(false);
    expect((await bus.fire(make(2), { id: 'own' })).duplicate).toBe(false);
    const all = await bus.fireAll([make(3), make(4)]);
    expect(all.map(({ duplicate }) => duplicate)).toEqual([false, false]);
    for (const message of await stored()) expect('duplicate' in message).toBe(false);
  });

  it('has the message of what is stored, as history gives it', async () => {
    const { bus, make, Placed, stored } = await startFiring();
    const first = await bus.fire(make(1), { id: 'own' });
    const given = make(2);
    const again = await bus.fire(given, { id: 'own' });
    const [historic] = await stored();
    expect(again).toEqual({ ...historic, duplicate: true, isReplay: false });
    expect(again).toEqual({ ...first, duplicate: true });
    expect(again.payload).toBeInstanceOf(Placed);
    expect(again.payload).not.toBe(given);
    expect(again.payload.n).toBe(1);
    expect(again.payload.lines[0]).toBeInstanceOf(Line);
    expect(given).toEqual(make(2));
    expect(Object.isFrozen(again)).toBe(true);
    const byPlain = await bus.fire(Placed, { n: 3, at: new Date(0), lines: [] }, { id: 'own' });
    expect(byPlain).toEqual(again);
  });

  it('has it where it was first fired without one, too', async () => {
    const { bus, make } = await startFiring();
    const first = await bus.fire(make(1));
    expect(await bus.fire(make(2), { id: first.id })).toEqual({ ...first, duplicate: true });
  });

  it('tells one by one, of several of which some were stored before', async () => {
    const { bus, make, Shipped } = await startFiring();
    const one = await bus.fire(make(1), { id: 'one' });
    const shipped = Object.assign(new Shipped(), { n: 7 });
    const events = [make(11), shipped, make(12)];
    // Another event under the same id says nothing of this one.
    const ids = ['one', 'x', 'three'];
    const messages = await bus.fireAll(events, { ids });
    expect(messages.map(({ duplicate }) => duplicate)).toEqual([true, false, false]);
    expect(messages[0]).toEqual({ ...one, duplicate: true });
    expect(messages[1]?.payload).toBe(shipped);
    const again = await bus.fireAll(events, { ids });
    expect(again).toEqual(messages.map((message) => ({ ...message, duplicate: true })));
    const other = await bus.fire(shipped, { id: 'one' });
    expect(other).toMatchObject({ eventName: 'shipped', duplicate: false });
  });

  it('is not cast where cast_values is off, as in the history', async () => {
    const { bus, make, Placed, stored } = await startFiring({ api: { cast_values: false } });
    await bus.fire(make(1), { id: 'own' });
    const again = await bus.fire(make(1), { id: 'own' });
    expect(again.payload).not.toBeInstanceOf(Placed);
    expect(again.payload).toEqual((await stored())[0]?.payload);
  });

  it('is read leniently where somebody else wrote it, with a warning as for history', async () => {
    const { bus, make, Placed, stored, raw, stream, warnings } = await startFiring();
    const id = newEventId(Date.now());
    const head = ['id', id, 'event_name', 'placed', 'version', '7', 'more', 'x'];
    const nativeId = await raw.xadd(stream, '*', ...head, ':n', '{', ':at', '"never"');
    const again = await bus.fire(make(1), { id });
    expect(again).toMatchObject({ id, nativeId, version: 7, duplicate: true });
    expect(again.payload).toBeInstanceOf(Placed);
    expect(again.payload).toMatchObject({ n: '{', at: 'never' });
    const [warning] = warnings();
    expect(warning).toMatch(/is irregular: .*more.*; .*no JSON/);
    expect(again).toEqual({ ...(await stored())[0], duplicate: true, isReplay: false });
    // That the version is newer is told once.
    expect(warnings()).toEqual([warning, warning?.replace(/ its version 7 is newer.*?;/, '')]);
  });

  it('has the given payload where what was stored is gone, and is not stored again', async () => {
    const { bus, make, raw, stream, warnings } = await startFiring();
    const first = await bus.fire(make(1), { id: 'own' });
    await raw.xdel(stream, first.nativeId);
    const given = make(2);
    const again = await bus.fire(given, { id: 'own' });
    expect(again).toEqual({
      ...first,
      ...{ payload: given, duplicate: true, firedAt: again.firedAt },
    });
    expect(await raw.xlen(stream)).toBe(0);
    expect(warnings()).toEqual([
      expect.stringContaining("was stored under the id 'own', and is gone"),
    ]);
  });

  it('rejects, saying that it is stored, where what is stored may not be read', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    await raw.call('ACL', 'SETUSER', 'blind', 'on', '>pw', '~*', '&*', '+@all', '-xrange');
    const url = redis.url.replace('//', '//blind:pw@');
    const { bus, make, stream } = await startFiring({ url, raw });
    const { nativeId } = await bus.fire(make(1), { id: 'own' });
    const error = await bus.fire(make(1), { id: 'own' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoredEventUnreadError);
    expect(error).toMatchObject({
      ...{ ids: ['own'], id: 'own', retry: 'never', stored: [{ id: 'own', nativeId, stream }] },
      message: expect.stringContaining('NOPERM'),
    });
    expect(await raw.xlen(stream)).toBe(1);
  });

  it('costs one read more, and only where it was there before', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const { bus, make } = await startFiring({ url: redis.url, raw });
    await bus.fire(make(0), { id: 'first' });
    const costOf = async (call: () => Promise<unknown>) => {
      await raw.config('RESETSTAT');
      await call();
      const stats = await raw.info('commandstats');
      const calls = [...stats.matchAll(/cmdstat_(\S+):calls=(\d+)/g)];
      const counts = calls.map(([, name = '', count]) => [name, Number(count)] as const);
      const ours = counts.filter(([name]) => /^(eval|evalsha|get|set|x\w+)$/.test(name));
      return Object.fromEntries(ours);
    };
    const new1 = await costOf(() => bus.fire(make(1), { id: 'a' }));
    expect(new1).toEqual({ evalsha: 1, get: 1, set: 1, xadd: 1 });
    const again = await costOf(() => bus.fire(make(1), { id: 'a' }));
    expect(again).toEqual({ evalsha: 1, get: 1, xrange: 1 });
    const mixed = await costOf(() => bus.fireAll([make(1), make(2)], { ids: ['a', 'b'] }));
    expect(mixed).toEqual({ evalsha: 1, get: 2, set: 1, xadd: 1, xrange: 1 });
  });
});
