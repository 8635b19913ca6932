import { beforeEach, describe, expect, it } from '@jest/globals';
import { Interruptions } from '../../../lib/reading/interruptions.js';
import { FaultyStore } from './faulty-store.js';
import { member } from './reading-stage.js';

const WHO = member('w1');
const W9 = { consumer: 'w9', token: 'of w9', nativeId: '5-0' };
const [FIRST, SECOND] = ['a.*:stream', 'b.*:stream'];

describe('Interruptions', () => {
  let faulty: FaultyStore;
  let interruptions: Interruptions;

  beforeEach(() => {
    faulty = new FaultyStore();
    for (let i = 0; i < 9; i++) faulty.instead('countAttempt', 1);
    interruptions = new Interruptions(() => [FIRST, SECOND].map(streamOf));
  });

  const streamOf = (stream: string) => ({ store: faulty.store, member: { ...WHO, stream } });
  const counted = () =>
    faulty.callsOf('countAttempt').map(([who, id]) => [(who as { stream: string }).stream, id]);

  it('count the oldest of what all streams say, once', async () => {
    interruptions.opened(streamOf(FIRST), { nativeId: '10-0', isKnown: false });
    interruptions.opened(streamOf(SECOND), { nativeId: '9-0', isKnown: false });
    await interruptions.count();
    await interruptions.count();
    expect(counted()).toEqual([[SECOND, '9-0']]);
    // A stream that is found later does not change what has been counted.
    interruptions.opened(streamOf(FIRST), { nativeId: '11-0', isKnown: false });
    await interruptions.count();
    expect(counted()).toHaveLength(1);
  });

  it('count nothing where the oldest is known: it waited for its next attempt, or is counted', async () => {
    interruptions.opened(streamOf(FIRST), { nativeId: '1-0', isKnown: true });
    interruptions.opened(streamOf(SECOND), { nativeId: '2-0', isKnown: false });
    interruptions.opened(streamOf(SECOND), null);
    await interruptions.count();
    expect(counted()).toEqual([]);
  });

  it('are counted at the next try where counting failed', async () => {
    interruptions.opened(streamOf(FIRST), { nativeId: '1-0', isKnown: false });
    const failing = new FaultyStore();
    failing.fail('countAttempt');
    const again = new Interruptions(() => []);
    again.opened({ store: failing.store, member: WHO }, { nativeId: '1-0', isKnown: false });
    await expect(again.count()).rejects.toThrow('countAttempt failed');
    failing.instead('countAttempt', 1);
    await again.count();
    expect(failing.callsOf('countAttempt')).toHaveLength(2);
  });

  it.each([
    ['an older one lies on another stream', '4-0', false],
    ['what lies on the others is newer', '6-0', true],
    ['nothing lies on the others', null, true],
  ])('of a consumer that is taken over are counted, or not: %s', async (_, other, isCounted) => {
    faulty.instead('interrupted', other);
    const entries = ['5-0', '7-0'].map((nativeId) => ({
      ...{ nativeId, fields: ['a', 'b'], deliveryCount: 2, attempts: 0 },
    }));
    const page = { entries, next: null, interrupted: [W9] };
    const taken = await interruptions.countTaken(streamOf(FIRST), page, 60_000);
    expect(taken.map(({ attempts }) => attempts)).toEqual([isCounted ? 1 : 0, 0]);
    expect(faulty.callsOf('interrupted').map(([ref]) => ref)).toEqual([streamOf(SECOND).member]);
    expect(counted()).toEqual(isCounted ? [[FIRST, '5-0']] : []);
  });

  it('of a consumer that is taken over, and lives, are none: it is asked for anew when it stops', async () => {
    await faulty.memory.beat({ ...WHO.holder, token: W9.token }, 60_000);
    faulty.instead('livesOn', undefined);
    const page = { entries: [], next: null, interrupted: [W9] };
    await interruptions.countTaken(streamOf(FIRST), page, 60_000);
    expect(counted()).toEqual([]);
    expect(faulty.callsOf('livesOn')).toEqual([[streamOf(FIRST).member, 'w9']]);
    await faulty.memory.beat({ ...WHO.holder, token: W9.token }, 0);
    await interruptions.countTaken(streamOf(FIRST), page, 60_000);
    expect(counted()).toEqual([[FIRST, '5-0']]);
  });

  it('ask the other streams once for each process that has ended, however many streams it had', async () => {
    const streams = Array.from({ length: 20 }, (_, i) => `s${i}.*:stream`);
    const many = new Interruptions(() => streams.map(streamOf));
    for (let i = 1; i < streams.length; i++) faulty.instead('interrupted', `${i + 5}-0`);
    for (const [i, stream] of streams.entries()) {
      const interrupted = [{ ...W9, nativeId: `${i + 5}-0` }];
      await many.countTaken(streamOf(stream), { entries: [], next: null, interrupted }, 60_000);
    }
    expect(faulty.callsOf('interrupted')).toHaveLength(19);
    expect(counted()).toEqual([[streams[0], '5-0']]);
  });

  it('of a consumer that is taken over sooner than one that was killed counts as dead are counted', async () => {
    await faulty.memory.beat({ ...WHO.holder, token: W9.token }, 60_000);
    const page = { entries: [], next: null, interrupted: [W9] };
    await interruptions.countTaken(streamOf(FIRST), page, 4_499);
    expect(counted()).toEqual([[FIRST, '5-0']]);
  });
});
