import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import type { Member } from '../../lib/store/consumer-groups.js';
import type { VanishedHistory } from '../../lib/store/group-state.js';
import { owned } from '../support/owned.js';
import { sharedRedis, startRedis } from '../support/redis-server.js';
import { consumerOf, ids, LossLooker, newStream, values } from './contract-fixtures.js';

// What only Redis has: deletions in the middle, restarts, older states, and others in the group.

let store: RedisStore;
let raw: Redis;

beforeAll(async () => {
  const redis = await sharedRedis();
  raw = redis.client();
  store = storeOn(redis.url);
  await store.connect(5000);
});

function storeOn(url: string): RedisStore {
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const opened = new RedisStore({ url, logger });
  owned().onEnd(() => opened.close());
  return opened;
}

/** Stores entries under ids of the test's choice. */
async function add(stream: string, ...nativeIds: string[]): Promise<void> {
  for (const id of nativeIds) await raw.xadd(stream, id, 'value', id);
}

/** A group that is watched from its beginning, on an empty stream. */
async function openGroup() {
  const w1 = consumerOf(newStream());
  const losses = new LossLooker(store, w1);
  expect((await losses.open()).told).toEqual([]);
  return { w1, stream: w1.stream, losses };
}

async function readAll(ref: Member, count = 9): Promise<string[]> {
  const read = ids(await store.readNew(ref, count));
  await store.acknowledge(ref, read);
  return read;
}

const CHECKS: [string, (losses: LossLooker) => Promise<VanishedHistory[]>][] = [
  ['while it is read', (losses) => losses.look()],
  ['at the next start', async (losses) => (await losses.open()).told],
];

describe.each(CHECKS)('history that has vanished is noticed %s', (_, look) => {
  it('where unread entries were deleted: once the group has read on', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await store.readNew(w1, 2);
    await raw.xdel(stream, '1-3', '1-4');
    expect(await look(losses)).toEqual([]);
    await store.readNew(w1, 9);
    expect(await look(losses)).toEqual([{ after: '0-0', until: '1-4' }]);
    expect(await look(losses)).toEqual([]);
  });

  it('where unread entries were trimmed, to the entry', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2');
    await readAll(w1);
    expect(await look(losses)).toEqual([]);
    await add(stream, '1-3', '1-4', '1-5');
    await raw.xtrim(stream, 'MAXLEN', 1);
    expect(await look(losses)).toEqual([{ after: '1-2', until: '1-4' }]);
    expect(await look(losses)).toEqual([]);
    await readAll(w1);
    expect(await look(losses)).toEqual([]);
    await add(stream, '1-6', '1-7');
    expect(await look(losses)).toEqual([]);
  });

  it('where everything was trimmed', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await store.readNew(w1, 1);
    await raw.xtrim(stream, 'MAXLEN', 0);
    expect(await look(losses)).toEqual([{ after: '0-0', until: '1-3' }]);
    expect(await look(losses)).toEqual([]);
  });

  it('where the group has read on past the gap', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await store.readNew(w1, 2);
    expect(await look(losses)).toEqual([]);
    await raw.xtrim(stream, 'MAXLEN', 1);
    await store.readNew(w1, 9);
    await store.acknowledge(w1, ['1-1', '1-2', '1-5']);
    expect(await look(losses)).toEqual([{ after: '1-2', until: '1-4' }]);
    expect(await look(losses)).toEqual([]);
  });

  it('each time anew', async () => {
    const { w1, stream, losses } = await openGroup();
    for (const ms of [1, 2, 3]) {
      await add(stream, `${ms}-1`, `${ms}-2`, `${ms}-3`);
      await raw.xtrim(stream, 'MAXLEN', 1);
      const after = ms === 1 ? '0-0' : `${ms - 1}-3`;
      expect(await look(losses)).toEqual([{ after, until: `${ms}-2` }]);
      await store.readNew(w1, 9);
      expect(await look(losses)).toEqual([]);
    }
    await add(stream, '4-1', '4-2');
    await raw.xdel(stream, '4-1');
    await store.readNew(w1, 9);
    expect(await look(losses)).toEqual([{ after: '3-3', until: '4-1' }]);
  });

  it('where an entry was deleted and nothing is left of what was read', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '2-1', '9-9');
    await store.readNew(w1, 1);
    await raw.xdel(stream, '1-1');
    await raw.xdel(stream, '2-1');
    expect(await look(losses)).toEqual([{ after: '0-0', until: '9-8' }]);
    expect(await look(losses)).toEqual([]);
  });

  it('where entries were deleted and then trimmed: once', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await store.readNew(w1, 1);
    await raw.xdel(stream, '1-2');
    await raw.xtrim(stream, 'MAXLEN', 1);
    expect(await look(losses)).toEqual([{ after: '0-0', until: '1-4' }]);
    await store.readNew(w1, 9);
    expect(await look(losses)).toEqual([]);
  });
});

describe('a stream that is gone', () => {
  it.each([
    ['', []],
    [', and made anew', ['9-1', '9-2']],
  ])('is told%s, by what is stored and by what a process knows', async (_, anew) => {
    for (const known of [{}, { acknowledged: '1-1', newest: '1-2' }]) {
      const { w1, stream } = await openGroup();
      await add(stream, '1-1', '1-2');
      await readAll(w1, 1);
      await raw.del(stream);
      // A flush takes what is stored with it.
      if ('newest' in known) await raw.del(`lightbus:group:{${stream}}:${w1.group}`);
      await add(stream, ...anew);
      const state = await store.openGroup(w1, { since: '$', ...known });
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: '0-0',
        vanished: { after: '1-1', until: null },
      });
      expect(values(await store.readNew(w1, 9))).toEqual(anew);
      // The answer may have been lost, and whoever had it may have ended.
      const again = await store.openGroup(w1, { since: '$' });
      expect(again).toMatchObject({ created: false, vanished: state.vanished });
      await store.told(w1, 'vanished', state.vanished!);
      expect((await store.openGroup(w1, { since: '$' })).vanished).toBeNull();
    }
  });

  it('is told where the group had been given everything', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1');
    await readAll(w1);
    await raw.del(stream);
    expect((await losses.open()).told).toEqual([{ after: '1-1', until: null }]);
    expect((await losses.open()).told).toEqual([]);
  });

  it('is told where the group had seen entries, and read none', async () => {
    const { stream, losses } = await openGroup();
    await add(stream, '1-1');
    await losses.open();
    await raw.del(stream);
    expect((await losses.open()).told).toEqual([{ after: '0-0', until: null }]);
  });

  it('is not told where it was empty', async () => {
    const { stream, losses } = await openGroup();
    await raw.del(stream);
    expect((await losses.open()).told).toEqual([]);
    expect(await losses.look()).toEqual([]);
  });
});

describe('a restart of Redis', () => {
  it.each([
    ['from its append-only file', { appendonly: true }, 'kill'],
    ['from a snapshot', { conf: { save: '3600 1' } }, 'save'],
  ] as const)('%s changes nothing in what is noticed', async (_, options, end) => {
    const redis = await startRedis(options);
    const restarting = storeOn(redis.url);
    const client = redis.client();
    const w1 = consumerOf(newStream());
    const losses = new LossLooker(restarting, w1);
    await losses.open();
    for (const id of ['1-1', '1-2', '1-3', '1-4']) await client.xadd(w1.stream, id, 'a', 'b');
    await restarting.readNew(w1, 3);
    await restarting.acknowledge(w1, ['1-1']);
    await restarting.readNew(w1, 3);
    // As Python does in a group that it shares.
    await client.xadd(w1.stream, '1-5', 'a', 'b');
    await client.xreadgroup('GROUP', w1.group, 'python', 'COUNT', 9, 'STREAMS', w1.stream, '>');

    if (end === 'save') await client.save();
    await redis.kill();
    await redis.restart();
    await restarting.connect(10_000);
    expect((await losses.open()).told).toEqual([]);
    expect(await losses.look()).toEqual([]);

    for (const id of ['2-1', '2-2', '2-3']) await client.xadd(w1.stream, id, 'a', 'b');
    await client.xtrim(w1.stream, 'MAXLEN', 1);
    expect(await losses.look()).toEqual([{ after: '1-5', until: '2-2' }]);
  });

  describe('that went back to an older state', () => {
    /** What a group knows that had handled 1-1 to 1-5, on a Redis that remembers up to 1-2. */
    async function goBack() {
      const redis = await startRedis();
      const restarting = storeOn(redis.url);
      const client = redis.client();
      const w1 = consumerOf(newStream());
      const addTo = async (...nativeIds: string[]) => {
        for (const id of nativeIds) await client.xadd(w1.stream, id, 'value', id);
      };
      const losses = new LossLooker(restarting, w1);
      await losses.open();
      await addTo('1-1', '1-2');
      await restarting.readNew(w1, 9);
      await restarting.acknowledge(w1, ['1-1', '1-2']);
      await client.save();
      await addTo('1-3', '1-4', '1-5');
      await restarting.readNew(w1, 9);
      await restarting.acknowledge(w1, ['1-3', '1-4', '1-5']);
      expect(await losses.look()).toEqual([]);
      const session = restarting.session(w1.stream);
      await redis.kill();
      await redis.restart();
      await restarting.connect(10_000);
      expect(restarting.session(w1.stream)).toBeGreaterThan(session);
      return {
        restarting,
        w1,
        addTo,
        losses,
        known: { since: '0', acknowledged: '1-5', newest: '1-5' },
      };
    }

    it('is told once, with the range', async () => {
      const { losses, known } = await goBack();
      const state = await losses.open(known);
      expect(state).toMatchObject({ created: false, told: [{ after: '1-2', until: '1-5' }] });
      expect((await losses.open(known)).told).toEqual([]);
      expect(await losses.look()).toEqual([]);
    });

    it('is told also where newer entries have been stored already', async () => {
      const { restarting, w1, addTo, losses, known } = await goBack();
      await addTo('2-1', '2-2');
      expect((await losses.open(known)).told).toEqual([{ after: '1-2', until: '1-5' }]);
      expect((await losses.open(known)).told).toEqual([]);
      expect(values(await restarting.readNew(w1, 9))).toEqual(['2-1', '2-2']);
      expect(await losses.look()).toEqual([]);
    });

    it('is not told of what was deleted or trimmed', async () => {
      const { w1, stream, losses } = await openGroup();
      await add(stream, '1-1', '1-2', '1-3', '1-4');
      await readAll(w1);
      await raw.xdel(stream, '1-4');
      expect((await losses.open({ since: '0', newest: '1-4' })).told).toEqual([]);
      await add(stream, '1-5', '1-6');
      await store.readNew(w1, 9);
      await raw.xtrim(stream, 'MAXLEN', 1);
      expect((await losses.open({ since: '0', newest: '1-5' })).told).toEqual([]);
    });
  });
});

describe('a group that others have made', () => {
  it('is watched from where it was found', async () => {
    const w1 = consumerOf(newStream());
    await add(w1.stream, '1-1', '1-2', '1-3', '1-4', '1-5', '1-6');
    // As Python makes it.
    await raw.xgroup('CREATE', w1.stream, w1.group, '1-2');
    const losses = new LossLooker(store, w1);
    expect((await losses.open()).told).toEqual([]);
    await raw.xtrim(w1.stream, 'MAXLEN', 0);
    expect(await losses.look()).toEqual([{ after: '1-2', until: '1-6' }]);
    expect(await losses.look()).toEqual([]);
  });

  it('and share raises no false alarm: what they acknowledge is not counted', async () => {
    const redis = await startRedis({ appendonly: true });
    const restarting = storeOn(redis.url);
    const client = redis.client();
    const w1 = consumerOf(newStream());
    const losses = new LossLooker(restarting, w1);
    await losses.open();
    for (let n = 1; n <= 20; n++) await client.xadd(w1.stream, `1-${n}`, 'a', 'b');
    await restarting.acknowledge(w1, ids(await restarting.readNew(w1, 1)));
    const python = ['GROUP', w1.group, 'python', 'COUNT', 19, 'STREAMS', w1.stream, '>'] as const;
    const readAsPython = async () => {
      const [read] = (await client.xreadgroup(...python)) ?? [];
      await client.xack(w1.stream, w1.group, ...read![1].map(([id]) => id));
    };
    await readAsPython();
    await redis.kill();
    await redis.restart();
    await restarting.connect(10_000);

    expect(await losses.open()).toMatchObject({ told: [], ahead: 0 });
    expect(await losses.look()).toEqual([]);
    // Not even where entries that were handled are deleted.
    await client.xadd(w1.stream, '2-1', 'a', 'b');
    await readAsPython();
    await client.xdel(w1.stream, '1-5', '2-1');
    expect(await losses.look()).toEqual([]);
    // But what nobody was given is told there, too.
    await client.xadd(w1.stream, '3-1', 'a', 'b');
    await client.xtrim(w1.stream, 'MAXLEN', 0);
    expect(await losses.look()).toEqual([{ after: '2-1', until: '3-1' }]);
  });

  it('again after it was destroyed, at the end, is told with what it skips: once', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await readAll(w1, 1);
    await raw.xgroup('DESTROY', stream, w1.group);
    // As Python makes it again.
    await raw.xgroup('CREATE', stream, w1.group, '$');
    await raw.xgroup('CREATECONSUMER', stream, w1.group, 'python');

    const losses = new LossLooker(store, w1);
    const state = await losses.open();
    expect(state).toMatchObject({
      ...{ created: false, lastDeliveredId: '1-3', told: [] },
      skipped: { after: '1-1', until: '1-3' },
    });
    expect((await losses.open()).skipped).toBeNull();
    const w2 = new LossLooker(store, consumerOf(stream, 'w2'));
    expect(await w2.open()).toMatchObject({ skipped: null, told: [] });
  });

  it('is told of once more where nobody has said that it was told', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await readAll(w1, 1);
    await raw.xgroup('DESTROY', stream, w1.group);
    await raw.xgroup('CREATE', stream, w1.group, '$');
    const skipped = { after: '1-1', until: '1-3' };
    expect((await store.openGroup(w1, { since: '0' })).skipped).toEqual(skipped);
    const w2 = consumerOf(stream, 'w2');
    expect((await store.openGroup(w2, { since: '0' })).skipped).toEqual(skipped);
    await store.told(w2, 'skipped', skipped);
    expect((await store.openGroup(w1, { since: '0' })).skipped).toBeNull();
  });

  it('is not taken for one that was made again where it has only read on', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3');
    await readAll(w1, 1);
    await store.readNew(w1, 2);
    const w2 = new LossLooker(store, consumerOf(stream, 'w2'));
    expect((await w2.open()).skipped).toBeNull();
  });
});

describe('a loss that was noticed and not told, as its process ended', () => {
  /** A process notices it, and says no more. */
  async function notice(ref: Member, after: string, until: string): Promise<void> {
    const facts = (await store.look(ref.stream, [ref.group]))!;
    const { baseline } = facts.groups.get(ref.group)!;
    expect(await store.moveBaseline(ref, baseline, `${baseline} `, { after, until })).toBe(true);
  }

  it('is told by the next one that opens the group, until that has said so', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1');
    await notice(w1, '1-2', '1-5');
    const losses = new LossLooker(store, consumerOf(stream, 'w2'));
    expect((await losses.open()).told).toEqual([{ after: '1-2', until: '1-5' }]);
    expect((await losses.open()).told).toEqual([]);
  });

  it('is told together with what was noticed later, which is not taken for told with it', async () => {
    const { w1, stream } = await openGroup();
    await add(stream, '1-1');
    await notice(w1, '1-2', '1-5');
    await notice(w1, '1-4', '1-9');
    await store.told(w1, 'vanished', { after: '1-2', until: '1-5' });
    const { vanished } = await store.openGroup(w1, { since: '0' });
    expect(vanished).toEqual({ after: '1-2', until: '1-9' });
    await notice(w1, '1-1', '1-3');
    expect((await store.openGroup(w1, { since: '0' })).vanished).toEqual({
      after: '1-1',
      until: '1-9',
    });
  });
});

describe('a group that has to be made again', () => {
  /** Ten entries, of which five were handled. */
  async function handFive(given: number) {
    const { w1, stream, losses } = await openGroup();
    await add(stream, ...Array.from({ length: 10 }, (_, i) => `1-${i + 1}`));
    const read = ids(await store.readNew(w1, given));
    await store.acknowledge(w1, read.slice(0, 5));
    expect(await losses.look()).toEqual([]);
    return { w1, stream, losses };
  }

  it.each([5, 10])(
    'after what followed was trimmed is told with its range (%i were handed out)',
    async (given) => {
      const { w1, stream, losses } = await handFive(given);
      await raw.xgroup('DESTROY', stream, w1.group);
      await add(stream, ...Array.from({ length: 10 }, (_, i) => `1-${i + 11}`));
      await raw.xtrim(stream, 'MAXLEN', 2);
      expect((await losses.open()).told).toEqual([{ after: '1-5', until: '1-18' }]);
      expect((await losses.open()).told).toEqual([]);
      expect(ids(await store.readNew(w1, 9))).toEqual(['1-19', '1-20']);
    },
  );

  it.each([
    ['some of it', ['1-5']],
    ['nothing', []],
  ])('after %s was trimmed that had been acknowledged is told of nothing', async (_, trimmed) => {
    const { w1, stream, losses } = await handFive(10);
    await raw.xgroup('DESTROY', stream, w1.group);
    if (trimmed.length > 0) await raw.xtrim(stream, 'MINID', '1-6');
    expect((await losses.open()).told).toEqual([]);
    expect(ids(await store.readNew(w1, 9))).toEqual(['1-6', '1-7', '1-8', '1-9', '1-10']);
  });

  it.each([5, 10])(
    'on a stream that has taken the place of its own, and was trimmed, is told (%i were handed out)',
    async (given) => {
      const { w1, stream, losses } = await handFive(given);
      await raw.del(stream);
      for (let i = 1; i <= 6; i++) await raw.xadd(stream, 'MAXLEN', 2, `2-${i}`, 'value', '');
      expect((await losses.open()).told).toEqual([{ after: '1-5', until: '2-4' }]);
      expect(ids(await store.readNew(w1, 9))).toEqual(['2-5', '2-6']);
    },
  );

  it('after what had been handled since the last look was trimmed is told of nothing', async () => {
    const { w1, stream, losses } = await handFive(10);
    await store.acknowledge(w1, ['1-6', '1-7', '1-8', '1-9', '1-10']);
    expect(await losses.look()).toEqual([]);
    await add(stream, '1-11', '1-12', '1-13', '1-14', '1-15');
    await readAll(w1);
    await add(stream, '1-16', '1-17');
    await raw.xtrim(stream, 'MAXLEN', 2);
    await raw.xgroup('DESTROY', stream, w1.group);
    expect((await losses.open()).told).toEqual([]);
    expect(ids(await store.readNew(w1, 9))).toEqual(['1-16', '1-17']);
  });

  it.each(['0', '$', '1-2', '9999999999999-0'])(
    'after it was given everything that it was to be given (since %s), and all was trimmed, is told of nothing',
    async (since) => {
      const w1 = consumerOf(newStream());
      const losses = new LossLooker(store, w1);
      await add(w1.stream, '1-1', '1-2', '1-3');
      await losses.open({ since });
      await add(w1.stream, '1-4', '1-5', '1-6');
      await readAll(w1);
      expect(await losses.look()).toEqual([]);
      await add(w1.stream, '1-7');
      await readAll(w1);
      await raw.xtrim(w1.stream, 'MAXLEN', 0);
      await raw.xgroup('DESTROY', w1.stream, w1.group);
      expect((await losses.open({ since })).told).toEqual([]);
      expect(await losses.look()).toEqual([]);
    },
  );

  it('is told by the next one that looks, where the process that made it again ended just then', async () => {
    const { w1, stream, losses } = await handFive(10);
    await raw.xgroup('DESTROY', stream, w1.group);
    await add(stream, ...Array.from({ length: 10 }, (_, i) => `1-${i + 11}`));
    await raw.xtrim(stream, 'MAXLEN', 2);
    expect((await store.openGroup(w1, { since: '0' })).remade).toBe(true);
    const w2 = new LossLooker(store, consumerOf(stream, 'w2'));
    expect((await w2.open()).told).toEqual([{ after: '1-5', until: '1-18' }]);
    expect(await losses.look()).toEqual([]);
  });

  it('on such a stream, though it had been given everything of its own', async () => {
    const { w1, stream, losses } = await handFive(10);
    await store.acknowledge(w1, ['1-6', '1-7', '1-8', '1-9', '1-10']);
    expect(await losses.look()).toEqual([]);
    await raw.del(stream);
    for (let i = 1; i <= 6; i++) await raw.xadd(stream, 'MAXLEN', 2, `2-${i}`, 'value', '');
    expect((await losses.open()).told).toEqual([{ after: '1-10', until: '2-4' }]);
  });
});

describe('nothing is told', () => {
  async function expectNothing(losses: LossLooker): Promise<void> {
    expect((await losses.open()).told).toEqual([]);
    expect(await losses.look()).toEqual([]);
  }

  it.each(['0', '$', '1-4', '1-2', '1-9'])(
    'to a group that is new (since %s) on a stream that was trimmed and deleted from long ago',
    async (since) => {
      const w1 = consumerOf(newStream());
      const losses = new LossLooker(store, w1);
      await add(w1.stream, '1-1', '1-2', '1-3', '1-4', '1-5', '1-6');
      await raw.xdel(w1.stream, '1-5', '1-2');
      await raw.xtrim(w1.stream, 'MAXLEN', 2);
      expect((await losses.open({ since })).told).toEqual([]);
      await expectNothing(losses);
      await store.readNew(w1, 1);
      await expectNothing(losses);
      await store.readNew(w1, 9);
      await expectNothing(losses);
      await add(w1.stream, '2-1', '2-2');
      await expectNothing(losses);
      await store.readNew(w1, 9);
      await expectNothing(losses);
    },
  );

  it('of what was deleted or trimmed after it had been handled', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await readAll(w1, 4);
    await raw.xdel(stream, '1-2', '1-4');
    await expectNothing(losses);
    await raw.xtrim(stream, 'MAXLEN', 1);
    await expectNothing(losses);
    await readAll(w1);
    await raw.xtrim(stream, 'MAXLEN', 0);
    await expectNothing(losses);
    await add(stream, '2-1');
    await expectNothing(losses);
    await store.readNew(w1, 9);
    await expectNothing(losses);
  });

  it('a second time: what was deleted ahead of the group, when what it has handled is trimmed', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4', '1-5');
    await store.readNew(w1, 2);
    await raw.xdel(stream, '1-4');
    await store.readNew(w1, 9);
    expect(await losses.look()).toEqual([{ after: '0-0', until: '1-4' }]);
    await raw.xtrim(stream, 'MAXLEN', 2);
    await expectNothing(losses);
    // And what is trimmed later is told.
    await add(stream, '2-1', '2-2');
    await raw.xtrim(stream, 'MAXLEN', 1);
    expect(await losses.look()).toEqual([{ after: '1-5', until: '2-1' }]);
  });

  it('where the group was made again where it had stopped', async () => {
    const { w1, stream, losses } = await openGroup();
    await add(stream, '1-1', '1-2', '1-3', '1-4');
    await store.readNew(w1, 2);
    // The first entry of all is in hand: the position is before it, and nothing is there.
    await store.acknowledge(w1, ['1-2']);
    await raw.xgroup('DESTROY', stream, w1.group);
    expect(await losses.open()).toMatchObject({ created: true, lastDeliveredId: '1-0', told: [] });
    await expectNothing(losses);
    await store.readNew(w1, 9);
    await expectNothing(losses);
  });
});
