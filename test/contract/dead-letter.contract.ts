import { describe, expect, it } from '@jest/globals';
import type { DeadLetterReport, Redrive } from '../../lib/store/event-store.js';
import type { ConsumerRef, GroupRef, Member } from '../../lib/store/consumer-groups.js';
import {
  ALL,
  append,
  AWKWARD_FIELDS,
  consumerOf,
  ids,
  KEEP_ALL,
  newStream,
  type Current,
} from './contract-fixtures.js';

const REPORT: DeadLetterReport = {
  listener: 'stock',
  reason: 'failed',
  message: 'no "stock" left\n🚌',
  stack: 'Error: no stock left\n    at reserve',
  attempts: 5,
};

export function describeDeadLetters(current: Current): void {
  /** Consumers w1 and w2 of a group that has handed two entries to w1. */
  async function handOut() {
    const { store } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const stored = (await append(store, w1.stream, 1, 2)) as [string, string];
    await store.openGroup(w1, { since: '0' });
    await store.openGroup(w2, { since: '0' });
    await store.readNew(w1, 2);
    return { ...current(), w1, w2, stored };
  }

  function lettersOf({ stream, group }: GroupRef) {
    return current().store.range(`lightbus:dead_letters:{${stream}}:${group}`, ALL);
  }

  function nameOf({ stream, group, consumer }: ConsumerRef): ConsumerRef {
    return { stream, group, consumer };
  }

  describe('deadLetter', () => {
    it('stores report and fields, acknowledges, and leaves the original where it is', async () => {
      const { store, w1, stored } = await handOut();
      const before = Date.now();

      expect(await store.deadLetter(w1, stored[0], REPORT)).toMatch(/^\d+-\d+$/);

      const [letter, ...others] = await lettersOf(w1);
      expect(others).toEqual([]);
      const [name, json, ...fields] = letter?.fields ?? [];
      expect(name).toBe('dead_letter');
      const { time, ...report } = JSON.parse(json ?? '') as { time: string };
      expect(report).toEqual({ ...REPORT, ...nameOf(w1), nativeId: stored[0] });
      expect(new Date(time).toISOString()).toBe(time);
      expect(Math.abs(Date.parse(time) - before)).toBeLessThan(60_000);
      expect(fields).toEqual(['value', '1']);
      expect(ids(await store.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      expect(ids(await store.range(w1.stream, ALL))).toEqual(stored);
    });

    it('copies fields byte for byte', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const many = Array.from({ length: 500 }, (_, i) => [`:field_${i}`, `${i}`]).flat();
      const large = ['large', 'ü'.repeat(500_000)];
      const entries = [AWKWARD_FIELDS, many, large];
      const stored = await store.append(w1.stream, entries, KEEP_ALL);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 3);
      for (const id of stored) expect(await store.deadLetter(w1, id, REPORT)).toMatch(/^\d+-\d+$/);

      const copies = (await lettersOf(w1)).map(({ fields }) => fields?.slice(2));

      expect(copies[0]).toEqual(AWKWARD_FIELDS);
      expect(copies[1]).toEqual(many);
      expect(copies[2]?.[1] === large[1]).toBe(true);
    });

    it('keeps the letters of each group apart, in the order in which they came', async () => {
      const { store, w1, stored } = await handOut();
      const mail = { ...w1, group: 'shop-mail' };
      await store.openGroup(mail, { since: '0' });
      await store.readNew(mail, 2);

      await store.deadLetter(w1, stored[1], REPORT);
      await store.deadLetter(w1, stored[0], REPORT);
      await store.deadLetter(mail, stored[0], REPORT);

      expect((await lettersOf(w1)).map(({ fields }) => fields?.[3])).toEqual(['2', '1']);
      expect((await lettersOf(mail)).map(({ fields }) => fields?.[3])).toEqual(['1']);
    });

    it('does nothing with an entry that another consumer has claimed', async () => {
      const { store, other, w1, w2, stored } = await handOut();
      await other.claim(w2, 0, '-', 1);

      expect(await store.deadLetter(w1, stored[0], REPORT)).toBeNull();

      expect(await lettersOf(w1)).toEqual([]);
      expect(ids(await other.readPending(w2, '0-0', 10))).toEqual([stored[0]]);
      expect(await other.deadLetter(w2, stored[0], REPORT)).toMatch(/^\d+-\d+$/);
    });

    it('does nothing with an entry that is not pending', async () => {
      const { store, w1, stored } = await handOut();
      const [later] = await append(store, w1.stream, 3);
      await store.acknowledge(w1, [stored[0]]);
      await store.deadLetter(w1, stored[1], REPORT);

      for (const id of [stored[0], stored[1], later!, '1-1']) {
        expect(await store.deadLetter(w1, id, REPORT)).toBeNull();
      }

      expect(await lettersOf(w1)).toHaveLength(1);
    });

    it('is one step: of calls at the same time one stores a letter, or the acknowledgement wins', async () => {
      const { store, other, w1, stored } = await handOut();

      const [first, second, acknowledged, third] = await Promise.all([
        store.deadLetter(w1, stored[0], REPORT),
        other.deadLetter(w1, stored[0], REPORT),
        other.acknowledge(w1, [stored[0]]),
        store.deadLetter(w1, stored[0], REPORT),
      ]);

      const letters = [first, second, third].filter((done) => done).length;
      expect(letters + (acknowledged.length === 0 ? 1 : 0)).toBe(1);
      expect(await lettersOf(w1)).toHaveLength(letters);
    });

    it.each(['w1', 'w2'])(
      'sets aside an entry whose data is gone for consumer %s, owner or not',
      async (consumer) => {
        const { store, w1, stored, deleteUpTo } = await handOut();
        await deleteUpTo(w1.stream, stored[0]);
        const report = { ...REPORT, reason: 'deleted', stack: undefined };

        const owner = consumerOf(w1.stream, consumer);
        expect(await store.deadLetter(owner, stored[0], report)).toMatch(/^\d+-\d+$/);

        const [letter] = await lettersOf(w1);
        expect(letter?.fields).toHaveLength(2);
        expect(JSON.parse(letter?.fields?.[1] ?? '')).toEqual({
          listener: 'stock',
          reason: 'deleted',
          message: REPORT.message,
          attempts: 5,
          stream: w1.stream,
          group: w1.group,
          consumer,
          nativeId: stored[0],
          time: expect.any(String),
        });
        expect(ids(await store.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      },
    );
  });

  describe('deadLetters', () => {
    it('tells report, origin and original fields, oldest letter first', async () => {
      const { store, w1, stored } = await handOut();
      await store.deadLetter(w1, stored[1], REPORT);
      await store.deadLetter(w1, stored[0], { ...REPORT, stack: undefined });

      const letters = await store.deadLetters(w1, ALL);

      const stored2 = await lettersOf(w1);
      expect(letters.map(({ id }) => id)).toEqual(ids(stored2));
      expect(letters.map(({ fields }) => fields)).toEqual([
        ['value', '2'],
        ['value', '1'],
      ]);
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown;
      expect(letters[0]?.report).toEqual({ ...REPORT, ...nameOf(w1), nativeId: stored[1], time });
      expect(letters[1]?.report).not.toHaveProperty('stack');
    });

    it('pages by the id of the last letter', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const stored = await append(store, w1.stream, 1, 2, 3, 4, 5);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 5);
      for (const id of stored) await store.deadLetter(w1, id, REPORT);

      const pages: string[][] = [];
      for (let start = '-'; ;) {
        const page = await store.deadLetters(w1, { start, end: '+', count: 2 });
        pages.push(page.map(({ report }) => report?.nativeId ?? ''));
        const last = page.at(-1);
        if (!last) break;
        start = `(${last.id}`;
      }

      expect(pages).toEqual([stored.slice(0, 2), stored.slice(2, 4), stored.slice(4), []]);
    });

    it('is empty where nothing was set aside, group and stream or not', async () => {
      const { store, w1 } = await handOut();
      expect(await store.deadLetters(w1, ALL)).toEqual([]);
      expect(await store.deadLetters(consumerOf(newStream()), ALL)).toEqual([]);
    });

    it('gives the fields of an entry back whatever their number, and null where its data was gone', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      const [gone] = await append(store, w1.stream, 1);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 1);
      await deleteUpTo(w1.stream, gone!);
      // More than a script of Redis can pass on one by one, and the awkward ones among them.
      const many = Array.from({ length: 5_000 }, (_, i) => [`:field_${i}`, `"${i}"`]).flat();
      const entries = [[...AWKWARD_FIELDS, ...many], AWKWARD_FIELDS, ['dead_letter', 'no report']];
      const stored = await store.append(w1.stream, entries, KEEP_ALL);
      await waitForEntries(w1, entries.length);
      for (const id of [gone!, ...stored]) {
        expect(await store.deadLetter(w1, id, REPORT)).toMatch(/^\d+-\d+$/);
      }

      const letters = await store.deadLetters(w1, ALL);

      expect(letters.map(({ fields }) => fields)).toEqual([null, ...entries]);
    });

    /** Reads on; there may be an entry of no interest on the way. */
    async function waitForEntries(w1: Member, count: number): Promise<void> {
      const read = await current().store.readNew(w1, count + 1);
      expect(read.length).toBeGreaterThanOrEqual(count);
    }

    it('tells an entry that somebody else has put there as what it is', async () => {
      const { store, w1, stored } = await handOut();
      await store.deadLetter(w1, stored[0], REPORT);
      const [letter] = await lettersOf(w1);
      const report = JSON.parse(letter?.fields?.[1] ?? '') as Record<string, unknown>;
      const but = (changed: Record<string, unknown>) => JSON.stringify({ ...report, ...changed });
      const packed = (fields: string) => ['dead_letter_packed', but({}), '', fields];
      const foreign = [
        ['value', '1'],
        ['dead_letter', ''],
        ['dead_letter', 'no JSON'],
        ...['null', '{}', '[]', '1', '"text"', 'true', '[null]'].map((json) => [
          'dead_letter',
          json,
        ]),
        ['dead_letter', `{"__proto__": ${but({})}}`],
        ['dead_letter', `{"__proto__": null, "constructor": 1}`],
        ...Object.keys(report).flatMap((name) =>
          name === 'stack'
            ? [['dead_letter', but({ [name]: 1 })]]
            : [null, undefined, {}, [], true].map((value) => [
                'dead_letter',
                but({ [name]: value }),
              ]),
        ),
        ['dead_letter', but({ attempts: '5' })],
        ['dead_letter', but({ attempts: -1 })],
        ['dead_letter', but({ attempts: 1.5 })],
        ['dead_letter', but({ time: 'yesterday' })],
        ...['', 'x', '-', '+', '$', '1', '01-1', '99999999999999999999-0', '(1-1'].map(
          (nativeId) => ['dead_letter', but({ nativeId })],
        ),
        ['dead_letter_packed', but({})],
        ...['no JSON', 'null', '{"a": "b"}', '["odd"]', '[1, 2]', '[null, null]'].map(packed),
      ];
      const key = `lightbus:dead_letters:{${w1.stream}}:${w1.group}`;
      await store.append(key, foreign, KEEP_ALL);

      const [first, ...others] = await store.deadLetters(w1, ALL);

      expect(first?.report).toEqual(report);
      expect(others.map(({ report: found }) => found)).toEqual(foreign.map(() => null));
      expect(others.map(({ fields }) => fields)).toEqual(foreign);
    });

    it('keeps of a report what it knows, and nothing else', async () => {
      const { store, w1, stored } = await handOut();
      await store.deadLetter(w1, stored[0], REPORT);
      const [letter] = await lettersOf(w1);
      const [name = '', json = '', ...fields] = letter?.fields ?? [];
      const more = json.replace('{', '{"__proto__":{"polluted":true},"of_a_later_release":1,');
      const key = `lightbus:dead_letters:{${w1.stream}}:${w1.group}`;
      await store.append(key, [[name, more, ...fields]], KEEP_ALL);
      const [, copy] = await store.deadLetters(w1, ALL);
      expect(copy?.report).toEqual(JSON.parse(json));
      expect(copy?.report).not.toHaveProperty('polluted');
    });
  });

  describe('redrive', () => {
    /** w1 has given up both entries. */
    async function giveUp() {
      const facts = await handOut();
      const { store, w1, stored } = facts;
      for (const id of stored) await store.deadLetter(w1, id, REPORT);
      const letters = (await lettersOf(w1)).map(({ nativeId: id }, i) => ({
        id,
        nativeId: stored[i]!,
      }));
      return { ...facts, letters: letters as [Redrive, Redrive] };
    }

    function idsOf(letters: readonly Redrive[]): string[] {
      return letters.map(({ id }) => id);
    }

    it('makes the original pending again, free for anybody to claim at once, and removes the letter', async () => {
      const { store, other, w1, w2, stored, letters } = await giveUp();

      expect(await store.redrive(w1, [letters[0]])).toBe(1);

      expect(ids(await lettersOf(w1))).toEqual([letters[1].id]);
      expect(await store.readPending(w1, '0-0', 10)).toEqual([]);
      // As if it had never been delivered: its attempts are counted from the start.
      expect(await other.claim(w2, 3_600_000, '-', 10)).toEqual({
        entries: [{ nativeId: stored[0], fields: ['value', '1'], deliveryCount: 1, attempts: 0 }],
        next: null,
        interrupted: [],
      });
      expect(await other.acknowledge(w2, [stored[0]])).toEqual([]);
      expect((await store.claim(w1, 0, '-', 10)).entries).toEqual([]);
    });

    it('drives many again in one step', async () => {
      const { store, w1, w2, stored, letters } = await giveUp();
      expect(await store.redrive(w1, letters)).toBe(2);
      expect(ids((await store.claim(w2, 60_000, '-', 10)).entries)).toEqual(stored);
      expect(await lettersOf(w1)).toEqual([]);
      expect(await store.redrive(w1, [])).toBe(0);
    });

    it('keeps the order of the originals, whatever that of the letters', async () => {
      const { store, w1, w2, stored, letters } = await giveUp();
      await store.redrive(w1, [letters[1]]);
      await store.redrive(w1, [letters[0]]);
      expect(ids((await store.claim(w2, 60_000, '-', 10)).entries)).toEqual(stored);
    });

    it('changes nothing a second time, not even at the same time', async () => {
      const { store, other, w1, w2, letters } = await giveUp();
      const done = await Promise.all([
        store.redrive(w1, [letters[0], letters[0]]),
        other.redrive(w1, [letters[0]]),
      ]);
      expect(done.sort()).toEqual([0, 1]);
      const [claimed] = (await store.claim(w2, 60_000, '-', 10)).entries;
      expect(await store.redrive(w1, [letters[0]])).toBe(0);
      // It is still w2's.
      expect(await store.keepAlive(w2, [claimed!.nativeId])).toEqual([]);
      await store.acknowledge(w2, [claimed!.nativeId]);
      expect(await store.redrive(w1, [letters[0]])).toBe(0);
      expect((await store.claim(w1, 0, '-', 10)).entries).toEqual([]);
    });

    it('leaves a letter whose original is gone where it is', async () => {
      const { store, w1, stored, letters, deleteUpTo } = await giveUp();
      await deleteUpTo(w1.stream, stored[0]);
      expect(await store.redrive(w1, letters)).toBe(1);
      expect(ids(await lettersOf(w1))).toEqual([letters[0].id]);
    });

    it('leaves with its consumer what somebody has in hand already', async () => {
      const { store, w1, w2, stored, letters } = await giveUp();
      const [copy] = await lettersOf(w1);
      const key = `lightbus:dead_letters:{${w1.stream}}:${w1.group}`;
      const [second] = await store.append(key, [copy!.fields!], KEEP_ALL);
      await store.redrive(w1, letters);
      await store.claim(w2, 60_000, '-', 10);

      expect(await store.redrive(w1, [{ id: second!, nativeId: stored[0] }])).toBe(1);

      expect(await lettersOf(w1)).toEqual([]);
      expect((await store.claim(w1, 60_000, '-', 10)).entries).toEqual([]);
      expect(await store.acknowledge(w2, stored)).toEqual([]);
    });

    it('does nothing for a letter that is not there', async () => {
      const { store, w1, stored, letters } = await giveUp();
      expect(await store.redrive(w1, [{ id: '1-1', nativeId: stored[0] }])).toBe(0);
      expect(ids(await lettersOf(w1))).toEqual(idsOf(letters));
      expect((await store.claim(w1, 0, '-', 10)).entries).toEqual([]);
    });

    it('rejects, and keeps the letter, where the group is gone', async () => {
      const { store, w1, stored, letters } = await giveUp();
      const elsewhere = { ...w1, group: 'shop-mail' };
      const key = (ref: GroupRef) => `lightbus:dead_letters:{${ref.stream}}:${ref.group}`;
      const [letter] = await store.range(key(w1), { ...ALL, end: letters[0].id });
      const [copy] = await store.append(key(elsewhere), [letter!.fields!], KEEP_ALL);
      const attempt = store.redrive(elsewhere, [{ id: copy!, nativeId: stored[0] }]);
      await expect(attempt).rejects.toThrow(/^NOGROUP/);
      expect(ids(await lettersOf(elsewhere))).toEqual([copy]);
    });
  });

  describe('discard', () => {
    it('removes letters, and nothing else, and tells how many there were', async () => {
      const { store, w1, stored } = await handOut();
      for (const id of stored) await store.deadLetter(w1, id, REPORT);
      const [first, second] = ids(await lettersOf(w1));

      expect(await store.discard(w1, [first!, '1-1'])).toBe(1);
      expect(await store.discard(w1, [first!])).toBe(0);
      expect(await store.discard(w1, [])).toBe(0);

      expect(ids(await lettersOf(w1))).toEqual([second]);
      expect(ids(await store.range(w1.stream, ALL))).toEqual(stored);
      expect(await store.redrive(w1, [{ id: first!, nativeId: stored[0] }])).toBe(0);
    });

    it('refuses what is no id', async () => {
      const { store, w1, stored } = await handOut();
      await store.deadLetter(w1, stored[0], REPORT);
      await expect(store.discard(w1, ['all'])).rejects.toThrow(/Invalid stream ID/);
      expect(await lettersOf(w1)).toHaveLength(1);
    });
  });
}
