import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { LightbusError } from '../../lib/errors.js';
import { PublishError } from '../../lib/fire-errors.js';
import { clock } from '../../lib/timing/clock.js';
import { compareEntryIds, justBefore } from '../../lib/wire/entry-id.js';
import { newEventId } from '../../lib/wire/event-id.js';
import { groupKey } from '../../lib/store/redis/keys.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import type { DeadLetterReport } from '../../lib/store/event-store.js';
import type { ConsumerRef, Member } from '../../lib/store/consumer-groups.js';
import { owned } from '../support/owned.js';
import { sharedRedis, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { ALL, consumerOf, ids, newStream, values } from './contract-fixtures.js';

const MAX = '18446744073709551615';
const REPORT: DeadLetterReport = { listener: 'l', reason: 'failed', message: 'm', attempts: 1 };

let store: RedisStore;
let raw: Redis;

beforeAll(async () => {
  const redis = await sharedRedis();
  raw = redis.client();
  store = transportOn(redis.url);
  await store.connect(5000);
});

function transportOn(url: string): RedisStore {
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const opened = new RedisStore({ url, logger });
  owned().onEnd(() => opened.close());
  return opened;
}

/** Stores entries under ids of the test's choice; the value is the id. */
async function add(stream: string, ...nativeIds: string[]): Promise<void> {
  for (const id of nativeIds) await raw.xadd(stream, id, 'value', id);
}

/** Three consumers of one group, which exists. */
async function openGroup(since = '0') {
  const w1 = consumerOf(newStream());
  const [w2, w3] = [consumerOf(w1.stream, 'w2'), consumerOf(w1.stream, 'w3')];
  for (const ref of [w1, w2, w3]) await store.openGroup(ref, { since });
  return { w1, w2, w3, stream: w1.stream };
}

function destroy({ stream, group }: ConsumerRef): Promise<unknown> {
  return raw.xgroup('DESTROY', stream, group);
}

/** Makes the group again as a process that has just started would. */
async function remake(ref: Member): Promise<string> {
  const { created, lastDeliveredId, vanished } = await store.openGroup(ref, { since: '$' });
  expect({ created, vanished }).toEqual({ created: true, vanished: null });
  return lastDeliveredId;
}

/** Drives all dead letters of a group again. */
async function redriveAll(ref: ConsumerRef): Promise<number> {
  const letters = await store.deadLetters(ref, ALL);
  return store.redrive(
    ref,
    letters.map(({ id, report }) => ({ id, nativeId: report?.nativeId ?? '' })),
  );
}

async function infoOf(what: 'GROUPS' | 'CONSUMERS', { stream, group }: ConsumerRef) {
  const rows = (await (what === 'GROUPS'
    ? raw.xinfo('GROUPS', stream)
    : raw.xinfo('CONSUMERS', stream, group))) as unknown[][];
  return rows.map((row) => {
    const of = (name: string) => row[row.indexOf(name) + 1];
    return { name: String(of('name')), pending: Number(of('pending')), idle: Number(of('idle')) };
  });
}

describe('the position of a group that vanished', () => {
  it('is after what was acknowledged', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w1, 2);
    await store.acknowledge(w1, ['1-1', '1-2']);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-2');
    expect(values(await store.readNew(w1, 9))).toEqual(['1-3']);
  });

  it('is where the group began, if nothing was acknowledged', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1');
    await store.readNew(w1, 1);
    await destroy(w1);
    expect(await remake(w1)).toBe('0-0');
    const later = consumerOf(newStream());
    await add(later.stream, '1-1', '1-2');
    await store.openGroup(later, { since: '$' });
    await destroy(later);
    expect(await remake(later)).toBe('1-2');
  });

  it('is before the oldest entry that anybody has not acknowledged', async () => {
    const { w1, w2, w3, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await store.readNew(w1, 1);
    await store.readNew(w2, 2);
    await store.readNew(w3, 2);
    await store.acknowledge(w3, ['1-4', '1-5']);
    await store.acknowledge(w1, ['1-1']);
    await store.acknowledge(w2, ['1-3']);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-1');
    expect(values(await store.readNew(w1, 9))).toEqual(['1-2', '1-3', '1-4', '1-5']);
  });

  it('goes on with the acknowledgement that closes the gap', async () => {
    const { w1, w2, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w1, 1);
    await store.readNew(w2, 2);
    await store.acknowledge(w2, ['1-3', '1-2']);
    await store.acknowledge(w1, ['1-1']);
    await add(stream, '1-4');
    await store.readNew(w1, 1);
    await store.acknowledge(w1, ['1-4']);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-4');
  });

  it('does not trust what one process knows above what all have stored', async () => {
    const { w1, w2, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w2, 1);
    await store.readNew(w1, 2);
    await store.acknowledge(w1, ['1-2', '1-3']);
    await destroy(w1);
    // All that w1 has ever held is acknowledged; w2 may have died with its entry.
    const state = await store.openGroup(w1, { since: '0', acknowledged: '1-3', newest: '1-3' });
    expect(state).toMatchObject({ created: true, lastDeliveredId: '1-0', vanished: null });
  });

  it('does not go back to before what others have acknowledged (by however much)', async () => {
    const { w1, w2, stream } = await openGroup();
    const stored = Array.from({ length: 100 }, (_, i) => `1-${i + 1}`);
    await add(stream, ...stored);
    await store.readNew(w1, 1);
    await store.readNew(w2, 99);
    await store.acknowledge(w2, stored.slice(1));
    await store.acknowledge(w1, ['1-1']);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-100');
  });

  it('goes back by no acknowledgement of an older entry, nor of one that is driven again', async () => {
    const { w1, stream } = await openGroup();
    const positions: (string | null)[] = [];
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w1, 3);
    for (const id of ['1-3', '1-2', '1-1']) {
      await store.acknowledge(w1, [id]);
      positions.push(await raw.hget(`lightbus:group:{${stream}}:${w1.group}`, 'acknowledged'));
    }
    expect(positions).toEqual(['1-0', '1-0', '1-3']);
  });

  it('is stored with a dead letter, too', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2');
    await store.readNew(w1, 2);
    await store.deadLetter(w1, '1-1', REPORT);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-1');
  });

  it('is before an entry that was driven again, until that is acknowledged', async () => {
    const { w1, w2, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4');
    await store.readNew(w1, 4);
    await store.deadLetter(w1, '1-2', REPORT);
    await store.deadLetter(w1, '1-3', REPORT);
    await store.acknowledge(w1, ['1-1', '1-4']);
    await redriveAll(w1);
    const claimed = await store.claim(w2, 60_000, '-', 9);
    expect(ids(claimed.entries)).toEqual(['1-2', '1-3']);

    const copy = async () => {
      const key = `lightbus:group:{${stream}}:${w1.group}`;
      return await raw.hgetall(key);
    };
    expect(await copy()).toMatchObject({ acknowledged: '1-4', redriven: '1-2' });
    await store.acknowledge(w2, ['1-2']);
    expect(await copy()).toMatchObject({ acknowledged: '1-4', redriven: '1-3' });
    await destroy(w1);
    expect(await remake(w1)).toBe('1-2');
    expect(await copy()).not.toHaveProperty('redriven');
  });

  it('is at the end again once everything that was driven again is acknowledged', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w1, 3);
    await store.deadLetter(w1, '1-1', REPORT);
    await store.acknowledge(w1, ['1-2', '1-3']);
    await redriveAll(w1);
    await store.claim(w1, 0, '-', 9);
    await store.acknowledge(w1, ['1-1']);
    await destroy(w1);
    expect(await remake(w1)).toBe('1-3');
  });

  it('is within the replay, where a group that somebody has set back was destroyed in the middle of it', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4');
    await store.acknowledge(w1, ids(await store.readNew(w1, 9)));
    await raw.xgroup('SETID', stream, w1.group, '0');
    await store.openGroup(w1, { since: '0' });
    await store.acknowledge(w1, ids(await store.readNew(w1, 2)));
    await destroy(w1);
    expect(await remake(w1)).toBe('1-2');
    expect(values(await store.readNew(w1, 9))).toEqual(['1-3', '1-4']);
  });

  it('is known of a group that was there before this module was', async () => {
    const [quiet, busy] = [consumerOf(newStream()), consumerOf(newStream())];
    for (const { stream, group } of [quiet, busy]) {
      await add(stream, '1-1', '1-2', '1-3');
      await raw.xgroup('CREATE', stream, group, '0');
      await raw.xreadgroup('GROUP', group, 'python', 'COUNT', 2, 'STREAMS', stream, '>');
    }
    await raw.xack(quiet.stream, quiet.group, '1-1', '1-2');
    for (const ref of [quiet, busy]) {
      await store.openGroup(ref, { since: '0' });
      await destroy(ref);
    }
    expect(await remake(quiet)).toBe('1-2');
    expect(await remake(busy)).toBe('1-0');
  });

  it.each([
    ['1-2', '1-1'],
    ['1-0', `0-${MAX}`],
    [`5-${MAX}`, '5-18446744073709551614'],
    ['5-10', '5-9'],
    ['5-9007199254740993', '5-9007199254740992'],
    ['1000-0', `999-${MAX}`],
    ['9007199254740993-0', `9007199254740992-${MAX}`],
    [`${MAX}-${MAX}`, `${MAX}-18446744073709551614`],
    [`${MAX}-0`, `18446744073709551614-${MAX}`],
  ])(
    'is exact where entry %s is pending, and a newer one acknowledged',
    async (pending, before) => {
      const { w1, stream } = await openGroup();
      await add(stream, '0-1', pending);
      await store.readNew(w1, 2);
      await store.acknowledge(w1, ['0-1']);
      // Nothing can follow the highest id: the script is asked about an older one instead.
      await raw.hdel(`lightbus:group:{${stream}}:${w1.group}`, 'acknowledged');
      await store.openGroup(w1, { since: '0' });
      await destroy(w1);
      expect(await remake(w1)).toBe(before);
      expect(values(await store.readNew(w1, 9))).toEqual([pending]);
    },
  );

  it.each([
    ['1-9', '1-10'],
    ['9-0', '10-0'],
    ['1-18446744073709551614', `1-${MAX}`],
    ['9007199254740992-7', '9007199254740993-0'],
    [`7-${MAX}`, '8-0'],
  ])('takes %s for older than %s', async (older, newer) => {
    const { w1, stream } = await openGroup();
    await add(stream, older, newer);
    await store.readNew(w1, 2);
    await store.acknowledge(w1, [older]);
    await store.acknowledge(w1, [newer]);
    await destroy(w1);
    expect(await remake(w1)).toBe(newer);
  });
});

describe('refresh', () => {
  it('refreshes the idle time of its consumer, and of no other', async () => {
    const { w1, w2 } = await openGroup();
    const idle = async (name: string) =>
      (await infoOf('CONSUMERS', w1)).find((consumer) => consumer.name === name)!.idle;
    await waitFor(async () => (await idle('w1')) >= 300 && (await idle('w2')) >= 300);
    await store.refresh(w1);
    expect(await idle('w1')).toBeLessThan(300);
    expect(await idle(w2.consumer)).toBeGreaterThanOrEqual(300);
  });
});

describe('cleanUp', () => {
  it('removes consumers that hold nothing and have been idle for long, and no others', async () => {
    const { w1, w2, stream, w3 } = await openGroup();
    await add(stream, '1-1');
    await store.readNew(w2, 1);
    const mail = { ...w3, group: 'shop-mail' };
    await store.openGroup(mail, { since: '0' });
    await waitFor(async () => (await infoOf('CONSUMERS', w1)).every(({ idle }) => idle > 100));

    // Only those that have been idle for so long.
    expect(await store.cleanUp(w1, 60_000)).toBe(0);
    expect(await infoOf('CONSUMERS', w1)).toHaveLength(3);
    expect(await store.cleanUp(w1, 100)).toBe(1);

    expect((await infoOf('CONSUMERS', w1)).map(({ name }) => name)).toEqual(['w1', 'w2']);
    expect(await infoOf('CONSUMERS', mail)).toHaveLength(1);
    expect(ids(await store.readPending(w2, '0-0', 9))).toEqual(['1-1']);
    const fields = await raw.hkeys(`lightbus:group:{${stream}}:${w1.group}`);
    expect(fields.filter((field) => field.includes(w3.consumer))).toEqual([]);
    expect(await store.holds(w3)).toBe(false);
  });
});

describe('a key that is no stream', () => {
  it.each([
    ['openGroup', (ref: Member) => store.openGroup(ref, { since: '0' })],
    ['look', ({ stream }: Member) => store.look(stream, [])],
    ['refresh', (ref: Member) => store.refresh(ref)],
    ['cleanUp', (ref: Member) => store.cleanUp(ref, 1)],
    ['readNew', (ref: Member) => store.readNew(ref, 1)],
    ['readPending', (ref: Member) => store.readPending(ref, '0-0', 1)],
    ['claim', (ref: Member) => store.claim(ref, 0, '-', 1)],
    ['acknowledge', (ref: Member) => store.acknowledge(ref, ['1-1'])],
    ['keepAlive', (ref: Member) => store.keepAlive(ref, ['1-1'])],
    ['deadLetter', (ref: Member) => store.deadLetter(ref, '1-1', REPORT)],
    [
      'appendOnce',
      ({ stream }: Member) =>
        store.appendOnce(stream, [['id', 'x']], {
          maxLength: null,
          timeoutMs: 1000,
          onceWithinMs: 1000,
        }),
    ],
  ])('makes %s reject with WRONGTYPE', async (_, call) => {
    const ref = consumerOf(newStream());
    await store.openGroup(ref, { since: '0' });
    await raw.set(ref.stream, 'text');
    const failure = await call(ref).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LightbusError);
    expect((failure as Error).message).toContain('WRONGTYPE');
    expect(await raw.get(ref.stream)).toBe('text');
  });

  it("in the place of the group's state makes acknowledge reject, and acknowledges nothing", async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1');
    await store.readNew(w1, 1);
    const key = `lightbus:group:{${stream}}:${w1.group}`;
    await raw.set(key, 'text');
    await expect(store.acknowledge(w1, ['1-1'])).rejects.toThrow('WRONGTYPE');
    expect(await raw.xpending(stream, w1.group, '-', '+', 9)).toHaveLength(1);
    await raw.del(key);
    await store.openGroup(w1, { since: '0' });
    expect(await store.acknowledge(w1, ['1-1'])).toEqual([]);
  });
});

describe('entries that are unusual', () => {
  it('of 5,000 fields can be read, claimed, kept, set aside and driven again', async () => {
    const { w1, w2, stream } = await openGroup();
    const fields = Array.from({ length: 5_000 }, (_, i) => [`f${i}`, `"ü${i}\\"`]).flat();
    const [id] = await store.append(stream, [fields], { maxLength: null, timeoutMs: 5000 });
    const equal = (found?: readonly string[] | null) => found?.join() === fields.join();
    expect(equal((await store.readNew(w1, 1))[0]?.fields)).toBe(true);
    expect(equal((await store.readPending(w1, '0-0', 1))[0]?.fields)).toBe(true);
    expect(equal((await store.claim(w2, 0, '-', 1)).entries[0]?.fields)).toBe(true);
    expect(await store.keepAlive(w2, [id!])).toEqual([]);
    expect(await store.deadLetter(w2, id!, REPORT)).toMatch(/^\d+-\d+$/);
    const [letter] = await store.deadLetters(w1, ALL);
    expect(equal(letter?.fields)).toBe(true);
    expect(await redriveAll(w1)).toBe(1);
    expect(equal((await store.claim(w2, 0, '-', 1)).entries[0]?.fields)).toBe(true);
  });

  it('of 5,000 fields can not be stored once: it is refused, in words', () => {
    const fields = ['id', 'x', ...Array.from({ length: 5_000 }, (_, i) => [`f${i}`, '1']).flat()];
    const check = (once: boolean) => store.checkSize(newStream(), [fields], { once });
    expect(() => check(true)).toThrow(PublishError);
    expect(() => check(true)).toThrow(/was not sent .*5001 fields.* 3500 at most/);
    expect(() => check(false)).not.toThrow();
  });

  it(`with the highest id of all can be read, claimed and acknowledged`, async () => {
    const { w1, w2, stream } = await openGroup();
    const highest = `${MAX}-${MAX}`;
    await add(stream, highest);
    expect(ids(await store.readNew(w1, 9))).toEqual([highest]);
    expect(ids(await store.readPending(w1, '0-0', 9))).toEqual([highest]);
    expect(await store.claim(w2, 0, '-', 1)).toEqual({
      entries: [{ nativeId: highest, fields: ['value', highest], deliveryCount: 3, attempts: 0 }],
      next: null,
      interrupted: [{ consumer: 'w1', token: w1.holder.token, nativeId: highest }],
    });
    expect(await store.keepAlive(w2, [highest])).toEqual([]);
    expect(await store.acknowledge(w2, [highest])).toEqual([]);
  });
});

it('drives no dead letter again whose original somebody has in hand: only the letter goes', async () => {
  const { w1, w2, stream } = await openGroup();
  await add(stream, '1-1');
  await store.readNew(w1, 1);
  await store.deadLetter(w1, '1-1', REPORT);
  // As after a group was made again before what had been given up.
  await raw.call('XCLAIM', stream, w2.group, 'w2', 0, '1-1', 'FORCE');
  expect(await redriveAll(w1)).toBe(1);
  expect(await store.deadLetters(w1, ALL)).toEqual([]);
  expect(await store.acknowledge(w2, ['1-1'])).toEqual([]);
});

describe('when memory is short', () => {
  it('a process still shows that it lives, and what it has is handled, taken over and handed back', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const other = transportOn(redis.url);
    await other.connect(5_000);
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    for (const id of ['1-1', '1-2', '1-3', '1-4']) await client.xadd(w1.stream, id, 'a', 'b');
    for (const member of [w1, w2]) {
      await other.beat(member.holder, 5_000);
      await other.openGroup(member, { since: '0' });
    }
    await client.config('SET', 'maxmemory', '1');

    const key = `lightbus:process:{${w1.holder.token}}`;
    expect(await other.beat(w1.holder, 60_000)).toBe(true);
    expect(await client.pttl(key)).toBeGreaterThan(30_000);
    // It stood still for so long that its last one is over.
    await client.del(key);
    expect(await other.beat(w1.holder, 60_000)).toBe(false);
    expect(await client.pttl(key)).toBeGreaterThan(30_000);
    expect(ids(await other.readNew(w1, 3))).toEqual(['1-1', '1-2', '1-3']);
    expect(await other.keepAlive(w1, ['1-1', '1-2'])).toEqual([]);
    expect(await other.acknowledge(w1, ['1-1'])).toEqual([]);
    const { entries, interrupted } = await other.claim(w2, 0, '-', 1);
    expect(ids(entries)).toEqual(['1-2']);
    expect(interrupted).toMatchObject([{ consumer: 'w1', nativeId: '1-2' }]);
    expect(await other.countAttempt(w2, '1-2')).toBe(1);
    await other.recordAttempts(w2, '1-2', 2, true);
    expect(await other.acknowledge(w2, ['1-2'], ['1-2'])).toEqual([]);
    expect(await other.handBack(w1)).toBe(1);
    await other.openGroup(w1, { since: '0' });
    expect(ids((await other.claim(w1, 60_000, '-', 9)).entries)).toEqual(['1-3']);
  });
});

describe('an event under an id of its own', () => {
  const append = async (id: string, other: RedisStore, stream: string) => {
    const options = { maxLength: null, timeoutMs: 5_000, onceWithinMs: 60_000 };
    const fields = ['id', id, 'event_name', 'sold'];
    return (await other.appendOnce(stream, [fields], options)).map(({ nativeId }) => nativeId);
  };

  it('is looked for without reading the stream, unless fire itself may have made the id', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const other = transportOn(redis.url);
    const stream = newStream();
    await client.config('RESETSTAT');
    const [first] = await append('order-1', other, stream);
    expect(await client.info('commandstats')).not.toMatch(/cmdstat_x(rev)?range/);
    expect(await append('order-1', other, stream)).toEqual([first]);
    // By its id, to tell what is stored.
    expect(await client.info('commandstats')).toContain('cmdstat_xrange:calls=1,');
    expect(await client.info('commandstats')).not.toContain('cmdstat_xrevrange');

    await append(newEventId(other.time), other, stream);
    expect(await client.info('commandstats')).toContain('cmdstat_xrevrange:calls=1,');
  });

  it('is known for as long as it was told, and no key stays behind', async () => {
    const stream = newStream();
    await append('order-1', store, stream);
    const key = `lightbus:once:{${stream}}:sold:order-1`;
    expect(await raw.pttl(key)).toBeGreaterThan(50_000);
    expect(await raw.pttl(key)).toBeLessThanOrEqual(60_000);
  });
});

describe('acknowledging', () => {
  /** The same numbers from 0 to `below` each time that the tests run. */
  function randomNumbers(seed: number): (below: number) => number {
    let last = seed;
    return (below) => {
      last = (last * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((last / 2 ** 31) * below);
    };
  }

  it.each([1, 2, 3])(
    'does what a plain model does, whoever has what, and however it lies (seed %i)',
    async (seed) => {
      const random = randomNumbers(seed);
      const { w1, w2, stream } = await openGroup();
      const stored = Array.from(
        { length: 60 },
        (_, i) => `${1 + Math.floor(i / 7)}-${(i % 7) * 4}`,
      );
      await add(stream, ...stored);
      /** Who has which entry; what was never handed out is not in it. */
      const owners = new Map<string, string>();
      const state = { acknowledged: '0-0', handled: '', count: 0 };
      const order = (a: string, b: string) => stored.indexOf(a) - stored.indexOf(b);
      const oldest = () => [...owners.keys()].sort(order)[0];
      for (let step = 0; step < 40; step++) {
        const [reader, taker] = [w1, w2].map((one) => [one, w1, w2][random(3)]!) as [
          Member,
          Member,
        ];
        for (const id of ids(await store.readNew(reader, random(4))))
          owners.set(id, reader.consumer);
        if (random(3) === 0) {
          const taken = await store.claim(taker, 0, '-', random(3) + 1);
          for (const id of ids(taken.entries)) owners.set(id, taker.consumer);
        }
        const inHand = [...owners.keys()].sort(order);
        // Those at the front, which is what it is made for; or any, handed out or not.
        const asked =
          random(2) === 0
            ? inHand.slice(0, 1 + random(5))
            : stored.filter(() => random(10) === 0).reverse();
        const attempted = asked.filter(() => random(4) === 0);
        for (const id of attempted)
          await raw.hset(groupKey(w1), { [`attempts:${id}`]: '1', [`failing:${id}`]: '1 1' });
        const mine = asked.filter((id) => owners.get(id) === 'w1').sort(order);
        if (asked.length === 0) continue;

        const others = await store.acknowledge(w1, asked, attempted);

        expect(others).toEqual(asked.filter((id) => owners.get(id) !== 'w1').sort(order));
        mine.forEach((id) => owners.delete(id));
        if (mine.length > 0) {
          state.count += mine.length;
          state.handled = [state.handled, mine.at(-1)!].sort(order).at(-1)!;
          const stays = oldest();
          const isBehind = stays !== undefined && order(stays, state.handled) <= 0;
          const done = isBehind ? justBefore(stays) : state.handled;
          if (compareEntryIds(done, state.acknowledged) > 0) state.acknowledged = done;
        }
        const pending = (await raw.xpending(stream, w1.group, '-', '+', 100)) as string[][];
        expect(pending.map(([id, owner]) => [id, owner])).toEqual(
          [...owners].sort(([a], [b]) => order(a, b)),
        );
        const kept = await raw.hgetall(groupKey(w1));
        if (state.count > 0) {
          expect({ ...kept }).toMatchObject({ handled: state.handled, count: String(state.count) });
          expect(compareEntryIds(kept.acknowledged!, state.acknowledged)).toBe(0);
        }
        for (const id of attempted) {
          const fields = ['attempts', 'failing'].map((field) => `${field}:${id}` in kept);
          expect([id, ...fields]).toEqual([id, !mine.includes(id), !mine.includes(id)]);
        }
      }
      expect(state.count).toBeGreaterThan(10);
    },
  );
});

describe('the times of attempts', () => {
  const HOUR_MS = 3_600_000;

  /** w1 has one entry. @returns what is recorded of it, written as it lies in Redis, and read. */
  async function recorded(fields: Readonly<Record<string, string>>) {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1');
    await store.readNew(w1, 1);
    for (const [name, value] of Object.entries(fields))
      await raw.hset(groupKey(w1), `${name}:1-1`, value);
    const read = async () => (await store.readPending(w1, '0-0', 1))[0]!;
    return { w1, read };
  }

  async function serverNow(): Promise<number> {
    const [seconds, micros] = await raw.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  it("are Redis's own, and outlast whoever has recorded them", async () => {
    const now = await serverNow();
    const failing = `${now - HOUR_MS} ${now - HOUR_MS / 2}`;
    const { w1, read } = await recorded({ attempts: '3', failing });

    const { attempts, times } = await read();

    expect({ attempts, triedForMs: times?.triedForMs }).toEqual({
      attempts: 3,
      triedForMs: HOUR_MS / 2,
    });
    const failingMs = clock.now() - times!.failingSince;
    expect(failingMs).toBeGreaterThanOrEqual(HOUR_MS);
    expect(failingMs).toBeLessThan(2 * HOUR_MS);

    // One that another process has begun: nobody knows when.
    await store.countAttempt(w1, '1-1');
    expect(await read()).toMatchObject({ attempts: 4, times: { triedForMs: HOUR_MS / 2 } });
    await store.recordAttempts(w1, '1-1', 5, true);
    expect((await read()).times?.triedForMs).toBeGreaterThanOrEqual(HOUR_MS);
  });

  it.each([
    ['version 0.1 recorded the attempts: it knew no times', { attempts: '3' }],
    ['they are no times', { attempts: '3', failing: 'yesterday' }],
    ['nothing but they has stayed, which version 0.1 leaves', { failing: '1 1' }],
  ])('begin with the next attempt where %s', async (_, fields: Record<string, string>) => {
    const { w1, read } = await recorded(fields);
    const attempts = Number(fields.attempts ?? 0);
    expect(await read()).toMatchObject({ attempts });
    expect(await read()).not.toHaveProperty('times');
    const begin = [
      () => store.countAttempt(w1, '1-1'),
      () => store.recordAttempts(w1, '1-1', attempts + 1, true),
    ];
    for (const one of begin) {
      await one();
      expect(await read()).toMatchObject({
        attempts: attempts + 1,
        times: { failingSince: expect.any(Number) },
      });
      expect(clock.now() - (await read()).times!.failingSince).toBeLessThan(HOUR_MS);
    }
  });

  it("are none where Redis's clock has gone back", async () => {
    const now = await serverNow();
    const { read } = await recorded({ attempts: '3', failing: `${now + HOUR_MS} ${now}` });
    const { times } = await read();
    expect(times?.triedForMs).toBe(0);
    expect(clock.now() - times!.failingSince).toBeLessThan(HOUR_MS);
  });
});
