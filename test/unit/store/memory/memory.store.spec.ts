import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../../../../lib/store/memory/memory.store.js';
import type { FlatFields, StoredEntry } from '../../../../lib/store/entries.js';

// What the contract can't see from outside: how ids and idle times follow the clock, to the millisecond.
describe('MemoryStore', () => {
  const stream = 'store.orders.*:stream';
  const holder = { token: 'us', host: 'here', pid: 1, since: 'now' };
  const w1 = { stream, group: 'shop-stock', consumer: 'w1', holder };
  const w2 = { ...w1, consumer: 'w2' };
  let now: number;
  let store: MemoryStore;

  beforeEach(() => {
    now = 1000;
    store = new MemoryStore({ now: () => now });
  });

  function append(count = 1, maxLength: number | null = null): Promise<string[]> {
    const entries = Array.from({ length: count }, (_, i): FlatFields => ['value', `${i}`]);
    return store.append(stream, entries, { maxLength, timeoutMs: 1000 });
  }

  async function range(start: string, end: string, count = 100): Promise<string[]> {
    return ids(await store.range(stream, { start, end, count }));
  }

  function ids(entries: readonly StoredEntry[]): string[] {
    return entries.map(({ nativeId }) => nativeId);
  }

  describe('entry ids', () => {
    it('carry the clock, and a sequence number within its millisecond', async () => {
      expect(await append(2)).toEqual(['1000-0', '1000-1']);
      expect(await append()).toEqual(['1000-2']);
      now = 1001.9;
      expect(await append()).toEqual(['1001-0']);
    });

    it('go on from the last one while the clock is behind it', async () => {
      await append();
      now = 5;
      expect(await append(2)).toEqual(['1000-1', '1000-2']);
      now = 1001;
      expect(await append()).toEqual(['1001-0']);
    });

    it('go on from the last one after all entries have been trimmed but the newest', async () => {
      await append(3, 1);
      now = 5;
      expect(await append(1, 1)).toEqual(['1000-3']);
      expect(await range('-', '+')).toEqual(['1000-3']);
    });

    it('never are 0-0, which is before all entries', async () => {
      now = 0;
      expect(await append(2)).toEqual(['0-1', '0-2']);
    });
  });

  describe('append', () => {
    it('trims exactly to the maximum length', async () => {
      await append(5);
      await append(1, 3);
      expect(await range('-', '+')).toEqual(['1000-3', '1000-4', '1000-5']);
    });
  });

  describe('range', () => {
    beforeEach(async () => {
      for (now of [1000, 1001, 1002]) await append(2);
    });

    it.each([
      ['1001', '1001', ['1001-0', '1001-1']],
      ['(1001', '1001', ['1001-1']],
      ['1001', '(1001', ['1001-0', '1001-1']],
      ['(1000-1', '(1002-0', ['1001-0', '1001-1']],
      ['(1000-18446744073709551615', '1001-0', ['1001-0']],
      ['0', '1000-0', ['1000-0']],
      ['1002-1', '18446744073709551615', ['1002-1']],
      ['+', '+', []],
      ['-', '-', []],
    ])('reads from %s to %s', async (start, end, expected) => {
      expect(await range(start, end)).toEqual(expected);
    });
  });

  describe('openGroup', () => {
    it('knows ids beyond what a number can hold', async () => {
      const since = '9007199254740993-9007199254740995';
      const state = await store.openGroup(w1, { since: since });
      expect(state.lastDeliveredId).toBe(since);
    });

    it('waits for the clock where it starts in the future', async () => {
      await store.openGroup(w1, { since: '2000' });
      await append();
      expect(await store.readNew(w1, 10)).toEqual([]);
      now = 2001;
      await append();
      expect(ids(await store.readNew(w1, 10))).toEqual(['2001-0']);
    });

    it('keeps streams and groups apart whose names run together', async () => {
      await store.openGroup({ ...w1, stream: 'a', group: 'b c' }, { since: '0' });
      const opened = await store.openGroup({ ...w1, stream: 'a b', group: 'c' }, { since: '0' });
      expect(opened.created).toBe(true);
    });
  });

  describe('claim', () => {
    beforeEach(async () => {
      await append(3);
      await store.openGroup(w1, { since: '0' });
      await store.openGroup(w2, { since: '0' });
      await store.readNew(w1, 2);
    });

    it('takes an entry in the millisecond in which its idle time is reached', async () => {
      now += 99;
      expect((await store.claim(w2, 100, '-', 10)).entries).toEqual([]);
      now += 1;
      expect(ids((await store.claim(w2, 100, '-', 10)).entries)).toEqual(['1000-0', '1000-1']);
    });

    it('starts the idle time again with every delivery, claim and sign of life', async () => {
      now += 60;
      await store.keepAlive(w1, ['1000-0']);
      await store.readPending(w1, '1000-0', 1);
      now += 60;
      expect((await store.claim(w2, 100, '-', 10)).entries).toEqual([]);
      now += 40;
      expect((await store.claim(w2, 100, '-', 1)).entries).toHaveLength(1);
      now += 60;
      expect(ids((await store.claim(w1, 100, '-', 10)).entries)).toEqual(['1000-1']);
      now += 40;
      expect(ids((await store.claim(w1, 100, '-', 10)).entries)).toEqual(['1000-0']);
    });

    it('takes entries without a minimum idle time even if the clock has gone back', async () => {
      now -= 500;
      expect((await store.claim(w2, 1, '-', 10)).entries).toEqual([]);
      expect((await store.claim(w2, 0, '-', 10)).entries).toHaveLength(2);
    });

    it('says where the next page starts, and that there is none', async () => {
      const first = await store.claim(w2, 0, '-', 1);
      expect(first.next).toBe('1000-1');
      const second = await store.claim(w2, 0, first.next ?? '', 1);
      expect(ids(second.entries)).toEqual(['1000-1']);
      expect(second.next).toBeNull();
    });
  });

  it('dates dead letters by its clock', async () => {
    await append();
    await store.openGroup(w1, { since: '0' });
    await store.readNew(w1, 1);
    now = Date.UTC(2024, 1, 29);
    const report = { listener: 'stock', reason: 'failed', message: 'no stock', attempts: 1 };
    await store.deadLetter(w1, '1000-0', report);

    const [letter] = await store.range(`lightbus:dead_letters:{${stream}}:shop-stock`, {
      start: '-',
      end: '+',
      count: 1,
    });

    expect(letter?.nativeId).toBe(`${now}-0`);
    expect(letter?.fields?.[1]).toContain('"time":"2024-02-29T00:00:00.000Z"');
  });

  it('acknowledges none where one of the ids is no id', async () => {
    await append();
    await store.openGroup(w1, { since: '0' });
    await store.readNew(w1, 1);
    await expect(store.acknowledge(w1, ['1000-0', 'x'])).rejects.toThrow("'x'");
    expect(ids(await store.readPending(w1, '0-0', 1))).toEqual(['1000-0']);
  });
});
