import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Membership } from '../../../../lib/reading/membership/membership.js';
import type { ReadingNews } from '../../../../lib/reading/reading-news.js';
import type { OpenGroupOptions, StreamFacts } from '../../../../lib/store/group-state.js';
import { positionOf } from '../../../../lib/store/positions.js';
import { ReplacedError } from '../../../../lib/store/ownership-errors.js';
import { waitFor } from '../../../support/wait-for.js';
import type { FaultyStore } from '../faulty-store.js';
import { member, ReadingStage } from '../reading-stage.js';

const w1 = member('w1');
const w2 = member('w2');
const SETTINGS = {
  ...{ acknowledgementTimeoutMs: 60_000, reclaimIntervalMs: 60_000, consumerTtlMs: 60_000 },
};

describe('Membership', () => {
  let stage: ReadingStage;
  let faulty: FaultyStore;
  let membership: Membership;
  let woken: number;
  let told: ReadingNews[];

  beforeEach(async () => {
    stage = new ReadingStage();
    faulty = stage.faulty;
    woken = 0;
    told = [];
    membership = new Membership(
      { store: faulty.store, member: w1, since: '0' },
      SETTINGS,
      stage.sharedOf(w1.holder),
      {
        tell: (news) => void told.push(news),
        wake: () => (woken += 1),
      },
    );
    await membership.open();
  });
  afterEach(async () => {
    await membership.close();
    await stage.close();
  });

  const facts = (added: number, last: string, lastDeliveredId = '0-0'): StreamFacts => ({
    ...{ added, length: added, first: added > 0 ? '1-0' : null, last, deleted: '0-0' },
    groups: new Map([
      [w1.group, { lastDeliveredId, pending: 0, count: 0, remade: false, baseline: null }],
    ]),
  });
  const newestAtOpen = () =>
    faulty.callsOf('openGroup').map(([, options]) => (options as OpenGroupOptions).newest);

  describe('what a look tells', () => {
    it('is no entry where the stream never held one', async () => {
      membership.observe(facts(0, '0-0'));
      await membership.open();
      expect(newestAtOpen()).toEqual([undefined, undefined]);
      expect(woken).toBe(0);
    });

    it('wakes who waits where something lies ahead, and where stream or group are gone', () => {
      membership.observe(facts(3, '7-0', '7-0'));
      expect(woken).toBe(0);
      membership.observe(facts(3, '7-0', '6-0'));
      expect(woken).toBe(1);
      membership.observe({ ...facts(3, '7-0'), groups: new Map() });
      membership.observe(null);
      expect(woken).toBe(3);
    });

    it('is not believed where it came over another connection: the stream may be another one', async () => {
      membership.observe(facts(3, '7-0'));
      Object.assign(faulty.memory, { session: () => 1 });
      membership.observe(facts(9, '9-0'));
      await membership.open();
      expect(newestAtOpen()).toEqual([undefined, '7-0']);
    });

    it('is not believed after a failure, until the group is opened again', async () => {
      membership.suspend();
      membership.observe(facts(9, '9-0'));
      await membership.open();
      membership.observe(facts(9, '9-0'));
      await membership.open();
      expect(newestAtOpen()).toEqual([undefined, undefined, '9-0']);
    });

    it('makes it open again where the stream was made anew meanwhile', async () => {
      membership.observe(facts(3, '7-0'));
      await membership.check(false);
      membership.observe(facts(1, '9-0'));
      expect(membership.hasFailed).toBe(true);
      await expect(membership.check(false)).rejects.toBeInstanceOf(ReplacedError);
      await membership.open();
      expect(newestAtOpen()).toEqual([undefined, '7-0']);
    });
  });

  it('stands where it stood when its stream was trimmed to nothing: Redis itself has not gone back', async () => {
    const ids = await stage.append(1, 2, 3);
    const [first, second, third] = ids;
    for (const entry of membership.keep(await faulty.memory.readNew(w1, 2))) {
      membership.held.release(entry.nativeId);
    }
    await faulty.memory.acknowledge(w1, [first!, second!]);
    ids.forEach((id) => faulty.memory['streams'].get(w1.stream)!.delete(positionOf(id)));
    membership.observe(await faulty.memory.look(w1.stream, [w1.group]));
    await waitFor(() => told.length > 0);
    await membership.open();
    const [, options] = faulty.callsOf('openGroup').at(-1)!;
    expect(told).toMatchObject([{ kind: 'vanished', range: { after: '0-0', until: third } }]);
    expect(options).toMatchObject({ acknowledged: second, newest: third });
  });

  describe('closing', () => {
    it('goes on to show that the process lives where a handler may still be running', async () => {
      const [id] = await stage.append(1);
      await faulty.memory.readNew(w1, 1);
      membership.held.hold({ nativeId: id!, attempts: 0 });
      await membership.close({ begun: [id!], running: [id!] });
      const beats = faulty.callsOf('beat').length;
      await waitFor(() => faulty.callsOf('beat').length > beats);
      expect(stage.pendingOf('w1')).toEqual(['1']);
    });

    it('hands back all but what is running and what is handled, known to this process or not', async () => {
      const ids = await stage.append(1, 2, 3, 4);
      await faulty.memory.readNew(w1, 4);
      // Opened again, nothing was read yet: what is pending is not known.
      for (const nativeId of ids.slice(0, 2)) membership.held.hold({ nativeId, attempts: 0 });
      membership.held.markHandled(ids[1]!);

      await membership.close({ begun: [ids[0]!], running: [ids[0]!] });

      expect(stage.pendingOf('w1')).toEqual(['1', '2']);
      await faulty.memory.openGroup(w2, { since: '0' });
      const { entries } = await faulty.memory.claim(w2, 60_000, '-', 10);
      expect(entries.map(({ nativeId }) => nativeId)).toEqual(ids.slice(2));
    });
  });
});
