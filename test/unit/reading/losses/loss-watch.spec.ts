import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LossWatch } from '../../../../lib/reading/losses/loss-watch.js';
import type { ReadingNews } from '../../../../lib/reading/reading-news.js';
import { FaultyStore } from '../faulty-store.js';
import { member } from '../reading-stage.js';

const w1 = member('w1');
const w2 = member('w2');

const AFTER_IS_NONE =
  '{"lastDeliveredId":"0-0","after":7,"rank":0,"added":0,"removed":0,"delivered":0,"last":"0-0"}';

describe('LossWatch', () => {
  let faulty: FaultyStore;
  let told: [worker: string, news: ReadingNews][];

  beforeEach(async () => {
    faulty = new FaultyStore();
    told = [];
    await faulty.memory.openGroup(w1, { since: '0' });
    await look('w1');
  });

  function watchOf(worker: string): LossWatch {
    return new LossWatch(faulty.store, w1, (news) => void told.push([worker, news]));
  }

  /** One worker looks, or several at the same moment. */
  async function look(...workers: string[]): Promise<void> {
    const facts = (await faulty.memory.look(w1.stream, [w1.group]))!;
    await Promise.all(workers.map((worker) => watchOf(worker).judge(facts, null)));
  }

  function append(count: number, maxLength: number | null = null): Promise<string[]> {
    const entries = Array.from({ length: count }, () => ['value', '']);
    return faulty.memory.append(w1.stream, entries, { maxLength, timeoutMs: 1 });
  }

  it('tells each loss once, whichever of two workers notices it', async () => {
    const ids = await append(5, 1);
    await look('w1', 'w2');
    expect(told).toHaveLength(1);
    expect(told[0]?.[1]).toMatchObject({ kind: 'vanished', range: { after: '0-0' } });
    await look('w1');
    await look('w2');
    expect(told).toHaveLength(1);

    await append(3, 1);
    await look('w2');
    await look('w1', 'w2');
    expect(told.map(([worker]) => worker)).toEqual([told[0]![0], 'w2']);
    expect(ids).toHaveLength(5);
  });

  it('says that it was told only after it has been told', async () => {
    await append(5, 1);
    const order: string[] = [];
    faulty.change('told', (reply) => (order.push('said'), reply));
    const watch = new LossWatch(faulty.store, w1, () => void order.push('told'));
    await watch.judge((await faulty.memory.look(w1.stream, [w1.group]))!, null);
    expect(order).toEqual(['told', 'said']);
    const [, , , , loss] = [undefined, ...(faulty.callsOf('moveBaseline').at(-1) ?? [])];
    expect(faulty.callsOf('told')).toEqual([[w1, 'vanished', loss]]);
  });

  it('tells what opening the group has found', async () => {
    const found = {
      vanished: { after: '1-0', until: null },
      skipped: { after: '2-0', until: '3-0' },
    };
    await watchOf('w1').opened(found);
    expect(told).toEqual([
      ['w1', { kind: 'vanished', ref: w1, range: found.vanished }],
      ['w1', { kind: 'skipped', ref: w1, range: found.skipped }],
    ]);
    expect(faulty.callsOf('told').map(([, kind]) => kind)).toEqual(['vanished', 'skipped']);
    await watchOf('w1').opened({ vanished: null, skipped: null });
    expect(told).toHaveLength(2);
  });

  it('writes nothing while nothing has changed, and once where the group has moved', async () => {
    const writes = () => faulty.callsOf('moveBaseline').length;
    const before = writes();
    await look('w1', 'w2');
    expect(writes()).toBe(before);
    await append(5);
    await faulty.memory.openGroup(w2, { since: '0' });
    await faulty.memory.readNew(w2, 2);
    for (let i = 0; i < 3; i++) await look('w1');
    expect(writes()).toBe(before + 1);
  });

  it('says nothing that rests on a count where others read in the group, whose acknowledgements nobody counts', async () => {
    const ids = await append(5);
    await faulty.memory.readNew(w1, 5);
    await faulty.memory.acknowledge(w1, ids.slice(0, 1));
    // Python's: settled, but not counted.
    const group = [...faulty.memory['groups'].values()][0]!;
    ids.slice(1).forEach((id) => faulty.memory['groupOf'](w1).acknowledge('w1', [id]));
    group['count'] = 1;
    await append(1, 1);
    await faulty.memory.readNew(w1, 1);
    jest.spyOn(faulty.memory, 'hasForeignConsumers').mockResolvedValueOnce(true);
    await look('w1');
    await look('w1');
    expect(told).toEqual([]);
  });

  it.each(['not JSON', 'null', '{}', '{"lastDeliveredId":"1-0","rank":"2"}', '[1]', AFTER_IS_NONE])(
    'begins anew where the stored baseline is none: %s',
    async (text) => {
      const group = [...faulty.memory['groups'].values()][0]!;
      group.baseline = text;
      await append(5, 1);
      await look('w1');
      expect(told).toEqual([]);
      await append(5, 1);
      await look('w1');
      expect(told).toHaveLength(1);
    },
  );

  it('says nothing where the group is gone', async () => {
    const facts = (await faulty.memory.look(w1.stream, []))!;
    await watchOf('w1').judge(facts, null);
    expect(told).toEqual([]);
  });
});
