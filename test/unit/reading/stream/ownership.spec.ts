import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProcessNameInUseError, TransportError } from '../../../../lib/errors.js';
import { ReplacedError } from '../../../../lib/store/ownership-errors.js';
import { waitFor } from '../../../support/wait-for.js';
import type { FaultyStore } from '../faulty-store.js';
import {
  drain,
  handle,
  IN_TIME,
  member,
  ReadingStage,
  settled,
  standStill,
  valuesOf,
} from '../reading-stage.js';

const w1 = member('w1');
const w2 = member('w2');
/** Another process under the same name. */
const successor = member('w1', 'successor');
const REPORT = { listener: 'stock', reason: 'malformed', message: 'no event', attempts: 0 };

describe('What a reader has in hand', () => {
  let stage: ReadingStage;
  let faulty: FaultyStore;

  beforeEach(() => {
    stage = new ReadingStage();
    faulty = stage.faulty;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stage.close();
  });

  describe('entries', () => {
    it('are kept from being taken over, those that are fetched ahead too', async () => {
      await stage.append(1, 2, 3);
      const reader = await stage.open({ acknowledgementTimeoutMs: 90, batchSize: 3 });
      await reader.fill();
      const first = reader.take()!;

      await waitFor(() => faulty.callsOf('keepAlive').length >= 2);

      const asked = faulty.callsOf('keepAlive').map(([, kept]) => kept);
      expect(asked[0]).toHaveLength(3);
      expect(asked[1]).toEqual(asked[0]);
      reader.acknowledge(first.nativeId);
      await reader.settle(IN_TIME);
      const calls = faulty.callsOf('keepAlive').length;
      await waitFor(() => faulty.callsOf('keepAlive').length > calls + 1);
      expect(faulty.callsOf('keepAlive').at(-1)?.[1]).toHaveLength(2);
    });

    it('are told to be taken once when another consumer has taken them over', async () => {
      const [first, second] = await stage.append(1, 2);
      const reader = await stage.open({ acknowledgementTimeoutMs: 60 });
      const { taken } = stage.toldBy(reader);
      await reader.fill();
      reader.take();
      await faulty.memory.openGroup(w2, { since: '0' });
      await faulty.memory.claim(w2, 0, '-', 10);

      await waitFor(() => taken.length === 2);

      expect(taken).toEqual([first, second]);
      // The one that was fetched ahead is not handed out any more.
      expect(reader.head).toBeUndefined();
      reader.acknowledge(first!);
      await reader.settle(IN_TIME);
      expect(taken).toEqual([first, second]);
      expect(stage.pendingOf('w2')).toEqual(['1', '2']);
    });

    it.each([
      ['for so long that others may have the name', 10_000, 60_000],
      ['for so long that others may have the entries', 1_500, 1_000],
    ])('are not begun without asking where this process stood still %s', async (_, ms, timeout) => {
      await stage.append(1, 2);
      const reader = await stage.open({ batchSize: 2, acknowledgementTimeoutMs: timeout });
      await reader.fill();
      reader.take();
      expect(reader.isSettled).toBe(true);
      standStill(ms);
      expect(reader.isSettled).toBe(false);
    });

    it('are told to be taken at the acknowledgement at the latest', async () => {
      const [first] = await stage.append(1);
      const reader = await stage.open();
      await reader.fill();
      reader.take();
      await faulty.memory.openGroup(w2, { since: '0' });
      await faulty.memory.claim(w2, 0, '-', 10);
      reader.acknowledge(first!);
      await reader.settle(IN_TIME);
      expect(stage.toldBy(reader).taken).toEqual([first]);
      expect(stage.pendingOf('w2')).toEqual(['1']);
    });

    it('are not kept alive any more after the reader is closed', async () => {
      const [first] = await stage.append(1, 2, 3);
      const reader = await stage.open({ acknowledgementTimeoutMs: 30, batchSize: 1 });
      await reader.fill();
      await waitFor(() => faulty.callsOf('keepAlive').length > 0);
      await reader.close({ begun: [first!], running: [first!] });
      const calls = faulty.callsOf('keepAlive').length;
      // Another reader's timer tells that enough time has passed.
      const other = await stage.open({ acknowledgementTimeoutMs: 30, batchSize: 1 }, w2);
      await other.fill();
      const keptOf = (consumer: string) =>
        faulty.callsOf('keepAlive').filter(([of]) => (of as typeof w1).consumer === consumer);
      await waitFor(() => keptOf('w2').length > 2);
      expect(keptOf('w1')).toHaveLength(calls);
    });

    it('are not held where their data is gone: they stay with their owner', async () => {
      await stage.append(1);
      await stage.handOut(w2, 1);
      await faulty.memory.append(w1.stream, [['value', '2']], { maxLength: 1, timeoutMs: 1000 });
      stage.skippedMs = 61_000;
      const reader = await stage.open();
      await reader.fill();
      expect(reader.head?.fields).toBeNull();
      const { nativeId } = reader.take()!;

      await reader.deadLetter(nativeId, REPORT);
      // Somebody else was faster: nothing to tell.
      await reader.deadLetter(nativeId, REPORT);

      expect(stage.toldBy(reader).taken).toEqual([]);
      expect(stage.toldBy(reader).vanished).toHaveLength(1);
      expect(stage.pendingOf('w2')).toEqual([]);
    });

    it('are acknowledged, not set aside, where they are handled and trimmed before that was confirmed', async () => {
      await stage.append(1);
      const reader = await stage.open();
      await reader.fill();
      faulty.fail('acknowledge');
      handle(reader);
      await expect(reader.fill()).rejects.toThrow('acknowledge failed');
      await faulty.memory.append(w1.stream, [['value', '2']], { maxLength: 1, timeoutMs: 1000 });
      await reader.open();
      expect(valuesOf(await drain(reader))).toEqual(['2']);
      await reader.settle(IN_TIME);
      expect(stage.pendingOf('w1')).toEqual([]);
    });

    it('are asked about before any is handed out, where this process stood still for too long', async () => {
      const [first] = await stage.append(1, 2);
      const reader = await stage.open({ acknowledgementTimeoutMs: 2_000 });
      await reader.fill();
      standStill(2_500);
      await faulty.memory.openGroup(w2, { since: '0' });
      await faulty.memory.claim(w2, 2_000, '-', 1);
      await reader.fill();
      expect(stage.toldBy(reader).taken).toEqual([first]);
      expect(valuesOf([reader.head!])).toEqual(['2']);
    });
  });

  describe('the name', () => {
    it('is asked for before anything is read or handed out, after this process stood still', async () => {
      await stage.append(1, 2, 3, 4);
      const reader = await stage.open();
      await reader.fill();

      standStill(10_000);
      await faulty.memory.openGroup(successor, { since: '0' });
      await faulty.memory.beat(successor.holder, 60_000);
      await expect(reader.fill()).rejects.toBeInstanceOf(ReplacedError);
      expect(reader.head).toBeUndefined();
      expect(faulty.callsOf('readNew')).toHaveLength(1);
      await expect(reader.open()).rejects.toBeInstanceOf(ProcessNameInUseError);
    });

    it('is asked for although a sign of life has been given since', async () => {
      await stage.append(1, 2, 3, 4);
      const reader = await stage.open();
      await reader.fill();
      standStill(10_000);
      await faulty.memory.openGroup(successor, { since: '0' });
      await stage.sharedOf(w1.holder).presenceIn(faulty.store).beat();
      await expect(reader.fill()).rejects.toBeInstanceOf(ReplacedError);
    });

    it('is asked for where the sign of life was lost, although this process never stood still', async () => {
      await stage.append(1, 2, 3, 4);
      const reader = await stage.open();
      await reader.fill();
      await faulty.memory.beat(w1.holder, 0);
      await faulty.memory.openGroup(successor, { since: '0' });
      await faulty.memory.beat(successor.holder, 60_000);
      await stage.sharedOf(w1.holder).presenceIn(faulty.store).beat();
      await expect(reader.fill()).rejects.toBeInstanceOf(ReplacedError);
      expect(reader.head).toBeUndefined();
      expect(faulty.callsOf('readNew')).toHaveLength(1);
    });

    it('is asked for again if this process stood still while it read', async () => {
      await stage.append(1);
      const reader = await stage.open();
      const held = faulty.holdAnswer('readNew');
      const filling = reader.fill();
      await held.entered;
      standStill(10_000);
      await faulty.memory.openGroup(successor, { since: '0' });
      held.release();
      await expect(filling).rejects.toBeInstanceOf(ReplacedError);
      expect(reader.head).toBeUndefined();
    });

    it('is still ours where nobody has taken it meanwhile: reading goes on', async () => {
      await stage.append(1, 2, 3);
      const reader = await stage.open();
      await reader.fill();
      standStill(10_000);
      expect(valuesOf(await drain(reader))).toEqual(['1', '2', '3']);
      expect(faulty.callsOf('holds')).toHaveLength(1);
    });

    it('is not asked for each time', async () => {
      await stage.append(1, 2, 3, 4, 5, 6);
      const reader = await stage.open();
      await drain(reader);
      expect(faulty.callsOf('beat')).toHaveLength(1);
      expect(faulty.callsOf('holds')).toHaveLength(0);
    });

    it('that was taken over while a handler ran: it is told to stop, and nothing is acknowledged', async () => {
      const [first, second] = await stage.append(1, 2);
      const reader = await stage.open({ acknowledgementTimeoutMs: 60 });
      await reader.fill();
      reader.take();
      await faulty.memory.beat(w1.holder, 0);
      await faulty.memory.openGroup(successor, { since: '0' });
      await faulty.memory.beat(successor.holder, 60_000);

      await waitFor(() => stage.toldBy(reader).taken.length === 2);

      expect(stage.toldBy(reader)).toMatchObject({ taken: [first, second], upkeepFailures: [] });
      reader.acknowledge(first!);
      await expect(reader.fill()).rejects.toBeInstanceOf(ReplacedError);
      await expect(reader.open()).rejects.toBeInstanceOf(ProcessNameInUseError);
      await reader.settle(IN_TIME);
      expect(faulty.callsOf('acknowledge')).toEqual([]);
      expect(stage.pendingOf('w1')).toEqual(['1', '2']);
    });

    it('that was taken over before an acknowledgement arrived: that does nothing, and settling ends at once', async () => {
      await stage.append(1, 2);
      const reader = await stage.open();
      await reader.fill();
      handle(reader);
      await faulty.memory.beat(w1.holder, 0);
      await faulty.memory.openGroup(successor, { since: '0' });
      await faulty.memory.beat(successor.holder, 60_000);
      await expect(reader.settle(IN_TIME)).rejects.toBeInstanceOf(ProcessNameInUseError);
      expect(stage.pendingOf('w1')).toEqual(['1', '2']);
    });

    it('is not taken where all was flushed: a handler in flight goes on', async () => {
      await stage.append(1);
      const reader = await stage.open({ acknowledgementTimeoutMs: 60 });
      await reader.fill();
      reader.take();
      const flushed = new ReplacedError('flushed');
      faulty.fail('keepAlive', 1, flushed);
      faulty.memory['groups'].clear();
      await waitFor(() => reader.hasNews && stage.toldBy(reader).woken > 0);
      await settled();
      expect(stage.toldBy(reader).taken).toEqual([]);
      await expect(reader.fill()).rejects.toBe(flushed);
    });

    it('is given up when the reader is closed, also where the store is in trouble', async () => {
      const reader = await stage.open();
      await reader.close();
      expect(await faulty.memory.holds(w1)).toBe(false);
      const other = await stage.open({}, successor);
      faulty.fail('handBack', 1, new TransportError('no connection'));
      await other.close();
    });
  });

  describe('closing', () => {
    it('hands back what was fetched and not begun: a successor goes on in order', async () => {
      await stage.append(1, 2, 3, 4, 5);
      const reader = await stage.open({ batchSize: 5 });
      await reader.fill();
      handle(reader);
      await reader.settle(IN_TIME);
      await reader.close();
      await stage.append(6, 7, 8);

      const next = await stage.open({ batchSize: 5 }, member('w9'));
      const seen = await drain(next);

      expect(valuesOf(seen)).toEqual(['2', '3', '4', '5', '6', '7', '8']);
      expect(
        seen.every(({ deliveryCount, attempts }) => deliveryCount === 1 && attempts === 0),
      ).toBe(true);
    });

    it('hands back while the successor is running: it takes that over before anything newer', async () => {
      await stage.append(1, 2, 3, 4, 5);
      const reader = await stage.open({ batchSize: 5 });
      await reader.fill();
      handle(reader);
      const next = await stage.open({ batchSize: 1 }, member('w9'));
      await next.fill();
      await stage.append(6, 7, 8);
      await next.fill();
      expect(valuesOf([next.head!])).toEqual(['6']);

      await reader.settle(IN_TIME);
      await reader.close();

      expect(next.hasNews).toBe(true);
      expect(valuesOf(await drain(next))).toEqual(['2', '3', '4', '5', '6', '7', '8']);
    });

    it('hands back what waits for its next attempt, with its attempts', async () => {
      const [first] = await stage.append(1, 2);
      const reader = await stage.open();
      await reader.fill();
      reader.take();
      await reader.recordAttempts(first!, 3, true);
      await reader.close({ begun: [first!] });
      const next = await stage.open({}, member('w9'));
      const seen = await drain(next);
      expect(seen.map((one) => [one.fields?.[1], one.attempts, one.deliveryCount])).toEqual([
        ['1', 3, 2],
        ['2', 0, 1],
      ]);
    });

    it('keeps what a handler may be running on, and the name; what follows is handed back', async () => {
      const [first] = await stage.append(1, 2, 3);
      const reader = await stage.open({ batchSize: 3 });
      await reader.fill();
      reader.take();
      await reader.close({ begun: [first!], running: [first!] });
      expect(stage.pendingOf('w1')).toEqual(['1']);
      expect(valuesOf(await drain(await stage.open({}, member('w9'))))).toEqual(['2', '3']);
      await expect(stage.open({}, successor)).rejects.toBeInstanceOf(ProcessNameInUseError);
      // The process has ended.
      await faulty.memory.beat(w1.holder, 0);
      const again = await stage.open({}, successor);
      expect((await drain(again)).map(({ fields, attempts }) => [fields?.[1], attempts])).toEqual([
        ['1', 1],
      ]);
    });

    it('hands back what is in hand although the group could not be opened again', async () => {
      await stage.append(1, 2);
      const reader = await stage.open();
      await reader.fill();
      reader.claimSoon();
      faulty.fail('claim');
      reader.take();
      reader.take();
      await expect(reader.fill()).rejects.toThrow('claim failed');
      faulty.fail('openGroup');
      await expect(reader.open()).rejects.toThrow('openGroup failed');
      await reader.close();
      expect(stage.pendingOf('nobody')).toEqual(['1', '2']);
    });

    it.each(['before', 'behind'] as const)(
      'hands back while the entries are being kept alive (that arrives %s it): nothing is told',
      async (when) => {
        await stage.append(1, 2);
        const reader = await stage.open({ acknowledgementTimeoutMs: 30 });
        await reader.fill();
        const held = when === 'behind' ? faulty.hold('keepAlive') : faulty.holdAnswer('keepAlive');
        await held.entered;
        await reader.close();
        held.release();
        await settled();
        expect(stage.pendingOf('nobody')).toEqual(['1', '2']);
        expect(stage.toldBy(reader)).toMatchObject({ taken: [], upkeepFailures: [] });
      },
    );
  });

  describe('opening again', () => {
    it('while an acknowledgement is in flight: the entry is not handed out again', async () => {
      await stage.append(1, 2);
      const reader = await stage.open({ batchSize: 1 });
      await reader.fill();
      const held = faulty.hold('acknowledge');
      handle(reader);
      faulty.fail('readNew');
      await expect(reader.fill()).rejects.toThrow('readNew failed');
      await held.entered;
      await reader.open();
      const seen = drain(reader);
      await settled();
      held.release();
      expect(valuesOf(await seen)).toEqual(['2']);
      await reader.settle(IN_TIME);
      expect(stage.pendingOf('w1')).toEqual([]);
      expect(stage.toldBy(reader).taken).toEqual([]);
    });

    it('while entries are being kept alive: the answer takes nothing that was read since', async () => {
      await stage.append(1, 2);
      const reader = await stage.open({ acknowledgementTimeoutMs: 30 });
      await reader.fill();
      const held = faulty.holdAnswer('keepAlive');
      await held.entered;
      Object.assign(faulty.memory, { session: () => 1 });
      await expect(reader.fill()).rejects.toThrow('is a new one');
      await reader.open();
      expect(valuesOf(await drain(reader))).toEqual(['1', '2']);
      held.release();
      await settled();
      expect(stage.toldBy(reader).taken).toEqual([]);
    });
  });
});
