import { describe, expect, it } from '@jest/globals';
import type { ConsumerRef, DeadLetterReport } from '../../lib/transport/transport.js';
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
    const { transport } = current();
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const stored = (await append(transport, w1.stream, 1, 2)) as [string, string];
    await transport.openGroup(w1, { since: '0' });
    await transport.openGroup(w2, { since: '0' });
    await transport.readNew(w1, 2);
    return { ...current(), w1, w2, stored };
  }

  function lettersOf({ stream, group }: ConsumerRef) {
    return current().transport.range(`lightbus:dead_letters:{${stream}}:${group}`, ALL);
  }

  describe('deadLetter', () => {
    it('stores report and fields, acknowledges, and leaves the original where it is', async () => {
      const { transport, w1, stored } = await handOut();
      const before = Date.now();

      expect(await transport.deadLetter(w1, stored[0], REPORT)).toBe(true);

      const [letter, ...others] = await lettersOf(w1);
      expect(others).toEqual([]);
      const [name, json, ...fields] = letter?.fields ?? [];
      expect(name).toBe('dead_letter');
      const { time, ...report } = JSON.parse(json ?? '') as { time: string };
      expect(report).toEqual({ ...REPORT, ...w1, nativeId: stored[0] });
      expect(new Date(time).toISOString()).toBe(time);
      expect(Math.abs(Date.parse(time) - before)).toBeLessThan(60_000);
      expect(fields).toEqual(['value', '1']);
      expect(ids(await transport.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      expect(ids(await transport.range(w1.stream, ALL))).toEqual(stored);
    });

    it('copies fields byte for byte', async () => {
      const { transport } = current();
      const w1 = consumerOf(newStream());
      const many = Array.from({ length: 500 }, (_, i) => [`:field_${i}`, `${i}`]).flat();
      const large = ['large', 'ü'.repeat(500_000)];
      const entries = [AWKWARD_FIELDS, many, large];
      const stored = await transport.append(w1.stream, entries, KEEP_ALL);
      await transport.openGroup(w1, { since: '0' });
      await transport.readNew(w1, 3);
      for (const id of stored) expect(await transport.deadLetter(w1, id, REPORT)).toBe(true);

      const copies = (await lettersOf(w1)).map(({ fields }) => fields?.slice(2));

      expect(copies[0]).toEqual(AWKWARD_FIELDS);
      expect(copies[1]).toEqual(many);
      expect(copies[2]?.[1] === large[1]).toBe(true);
    });

    it('keeps the letters of each group apart, in the order in which they came', async () => {
      const { transport, w1, stored } = await handOut();
      const mail = { ...w1, group: 'shop-mail' };
      await transport.openGroup(mail, { since: '0' });
      await transport.readNew(mail, 2);

      await transport.deadLetter(w1, stored[1], REPORT);
      await transport.deadLetter(w1, stored[0], REPORT);
      await transport.deadLetter(mail, stored[0], REPORT);

      expect((await lettersOf(w1)).map(({ fields }) => fields?.[3])).toEqual(['2', '1']);
      expect((await lettersOf(mail)).map(({ fields }) => fields?.[3])).toEqual(['1']);
    });

    it('does nothing with an entry that another consumer has claimed', async () => {
      const { transport, other, w1, w2, stored } = await handOut();
      await other.claim(w2, 0, '-', 1);

      expect(await transport.deadLetter(w1, stored[0], REPORT)).toBe(false);

      expect(await lettersOf(w1)).toEqual([]);
      expect(ids(await other.readPending(w2, '0-0', 10))).toEqual([stored[0]]);
      expect(await other.deadLetter(w2, stored[0], REPORT)).toBe(true);
    });

    it('does nothing with an entry that is not pending', async () => {
      const { transport, w1, stored } = await handOut();
      const [later] = await append(transport, w1.stream, 3);
      await transport.acknowledge(w1, [stored[0]]);
      await transport.deadLetter(w1, stored[1], REPORT);

      for (const id of [stored[0], stored[1], later!, '1-1']) {
        expect(await transport.deadLetter(w1, id, REPORT)).toBe(false);
      }

      expect(await lettersOf(w1)).toHaveLength(1);
    });

    it('is one step: of calls at the same time one stores a letter, or the acknowledgement wins', async () => {
      const { transport, other, w1, stored } = await handOut();

      const [first, second, acknowledged, third] = await Promise.all([
        transport.deadLetter(w1, stored[0], REPORT),
        other.deadLetter(w1, stored[0], REPORT),
        other.acknowledge(w1, [stored[0]]),
        transport.deadLetter(w1, stored[0], REPORT),
      ]);

      const letters = [first, second, third].filter((done) => done).length;
      expect(letters + acknowledged.length).toBe(1);
      expect(await lettersOf(w1)).toHaveLength(letters);
    });

    it.each(['w1', 'w2'])(
      'sets aside an entry whose data is gone for consumer %s, owner or not',
      async (consumer) => {
        const { transport, w1, stored, deleteUpTo } = await handOut();
        await deleteUpTo(w1.stream, stored[0]);
        const report = { ...REPORT, reason: 'deleted', stack: undefined };

        expect(await transport.deadLetter({ ...w1, consumer }, stored[0], report)).toBe(true);

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
        expect(ids(await transport.readPending(w1, '0-0', 10))).toEqual([stored[1]]);
      },
    );
  });
}
