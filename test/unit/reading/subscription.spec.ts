import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Member } from '../../../lib/store/consumer-groups.js';
import type { Delivery } from '../../../lib/reading/delivery.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import type { StreamSource } from '../../../lib/reading/stream-source.js';
import type { SubscriptionChange } from '../../../lib/reading/subscription-change.js';
import { Subscription } from '../../../lib/reading/subscription.js';
import { deserialize, type DecodedEntry } from '../../../lib/wire/by-field.js';
import { waitFor } from '../../support/wait-for.js';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import { FaultyStore } from './faulty-store.js';
import { pendingIn } from './reading-stage.js';

const ORDERS = 'store.orders.*:stream';
const STOCK = 'store.stock.*:stream';
const PENDING = 'shop-listener';

const holder = { host: 'here', pid: 1, since: 'now', token: 'this process' };
const other = { ...holder, token: 'another process' };

/** A signal that there is no more time, which never comes. */
const IN_TIME = new AbortController().signal;

describe('Subscription', () => {
  let faulty: FaultyStore;
  let streams: string[];
  let changes: SubscriptionChange[];
  let stopping: AbortController;
  let subscription: Subscription;
  let deliveries: AsyncGenerator<Delivery, void, void>;
  /** How the sources were asked for. */
  let asked: boolean[];
  let settings: Partial<StreamSource> & { batchSize?: number; acknowledgementTimeoutMs?: number };

  beforeEach(() => {
    faulty = new FaultyStore();
    [streams, changes, asked, settings] = [[ORDERS], [], [], {}];
    stopping = new AbortController();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    stopping.abort();
    // A generator that was never started has nothing to end.
    await deliveries.return();
    await subscription.close(IN_TIME).catch(() => undefined);
  });

  function subscribe(since = '0'): void {
    const { batchSize = 1, acknowledgementTimeoutMs = 60_000, ...source } = settings;
    subscription = new Subscription({
      since,
      shared: new SharedReading(holder),
      mayGrow: true,
      sources: (isFirst) => {
        asked.push(isFirst);
        return Promise.resolve(
          streams.map((stream) => ({
            apiName: stream.replace('.*:stream', ''),
            store: faulty.store,
            ref: { stream, group: PENDING, consumer: 'w1' },
            settings: {
              batchSize,
              acknowledgementTimeoutMs,
              reclaimIntervalMs: 60_000,
              reclaimBatchSize: 10,
              consumerTtlMs: 60_000,
            },
            restartDelayMs: 20,
            ...source,
          })),
        );
      },
      onChange: (change) => changes.push(change),
    });
    deliveries = subscription.read(stopping.signal);
  }

  async function append(stream: string, ...numbers: number[]): Promise<string[]> {
    const ids: string[] = [];
    for (const n of numbers) {
      const apiName = stream.replace('.*:stream', '');
      const fields = ['id', `id-${n}`, 'api_name', apiName, 'event_name', 'counted'];
      const entry = [...fields, 'version', '1', ':n', String(n)];
      ids.push(...(await faulty.memory.append(stream, [entry], { maxLength: null, timeoutMs: 1 })));
    }
    return ids;
  }

  /** As listeners do: at once where that can be, else with what has to be awaited before. */
  async function next(): Promise<Delivery> {
    const value = subscription.takeNow(stopping.signal) ?? (await deliveries.next()).value;
    if (!value) throw new Error('The subscription has ended.');
    return value;
  }

  function contentOf({ fields, stream, nativeId }: Delivery): DecodedEntry {
    return deserialize(fields ?? [], stream, nativeId);
  }

  function numberOf(delivery: Delivery): unknown {
    const content = contentOf(delivery);
    return content.kind === 'event' ? content.parameters.n : content.kind;
  }

  /** Pulls and acknowledges deliveries. */
  async function take(count: number): Promise<unknown[]> {
    const numbers: unknown[] = [];
    while (numbers.length < count) {
      const delivery = await next();
      numbers.push(numberOf(delivery));
      subscription.acknowledge(delivery);
    }
    return numbers;
  }

  function kinds(): string[] {
    return changes.map(({ kind }) => kind);
  }

  function pendingOn(stream: string, consumer = 'w1'): number {
    return pendingIn(faulty.memory, stream, consumer).length;
  }

  /** Resolves once there is nothing more to read, and news of every stream is waited for. */
  function dry(): Promise<unknown> {
    return waitFor(() => {
      const readers = subscription['readers'];
      return readers.length === streams.length && readers.every(({ hasNews }) => !hasNews);
    });
  }

  describe('start', () => {
    it('is told once every group exists', async () => {
      streams = [ORDERS, STOCK];
      subscribe('$');
      const held = faulty.hold('openGroup');
      const first = next();
      await held.entered;
      await waitFor(() => kinds().includes('opened'));
      expect(kinds()).toEqual(['opened']);
      held.release();
      await waitFor(() => kinds().includes('recovered'));
      expect(kinds()).toEqual(['opened', 'opened', 'started', 'recovered']);
      await append(ORDERS, 1);
      expect(numberOf(await first)).toBe(1);
    });

    it('is told where there is no stream yet, and the first one is read from its beginning', async () => {
      streams = [];
      subscribe('$');
      const first = next();
      await waitFor(() => kinds().includes('started'));
      await append(ORDERS, 1);
      streams = [ORDERS];
      // The next look is due, and something has to come for it to be noticed before 5 s have passed.
      await stopAndGoOnLater(first);
      expect(await take(1)).toEqual([1]);
    });

    /** Ends a pull that waits for news, and puts the clock forward for the next one. */
    async function stopAndGoOnLater(pull: Promise<Delivery>): Promise<void> {
      const ended = expect(pull).rejects.toThrow('ended');
      stopping.abort();
      await ended;
      const later = Date.now() + 6_000;
      jest.spyOn(Date, 'now').mockImplementation(() => later);
      stopping = new AbortController();
      deliveries = subscription.read(stopping.signal);
    }

    it('with $ begins at the end of a stream that is listened to newly, but at the beginning of one that came into being while it was away', async () => {
      const REFUNDS = 'store.refunds.*:stream';
      let aheadMs = 0;
      faulty.memory = new MemoryStore({ now: () => Date.now() + aheadMs });
      await append(STOCK, 1);
      aheadMs = 60_000;
      await handOne(2);
      aheadMs = 61_000;
      await append(REFUNDS, 3);
      streams = [ORDERS, STOCK, REFUNDS];
      stopping = new AbortController();
      subscribe('$');
      expect(await take(1)).toEqual([3]);
      const further = next();
      await append(STOCK, 4);
      expect(numberOf(await further)).toBe(4);
    });

    it('with $ begins at the beginning of one that it had not found yet when it stopped, though it was given a newer event of another', async () => {
      let aheadMs = 0;
      faulty.memory = new MemoryStore({ now: () => Date.now() + aheadMs });
      subscribe('$');
      const pull = next();
      await waitFor(() => kinds().includes('started'));
      await append(STOCK, 1);
      aheadMs = 9_000;
      await append(ORDERS, 2);
      subscription.acknowledge(await pull);
      stopping.abort();
      await subscription.close(IN_TIME);
      streams = [ORDERS, STOCK];
      stopping = new AbortController();
      subscribe('$');
      expect(await take(1)).toEqual([1]);
    });

    it('with $ begins at the beginning of one that came into being while the start failed', async () => {
      settings = { restartDelayMs: 5 };
      subscribe('$');
      const { fail } = failures();
      const pull = next();
      await waitFor(() => kinds().includes('failed'));
      await append(STOCK, 1);
      streams = [ORDERS, STOCK];
      const later = Date.now() + 6_000;
      jest.spyOn(Date, 'now').mockImplementation(() => later);
      await waitFor(() => asked.length > 1);
      fail.stop();
      expect(numberOf(await pull)).toBe(1);
    });

    /** Opening fails until it is stopped. */
    function failures() {
      const fail = {
        on: true,
        stop(): void {
          this.on = false;
        },
      };
      const openGroup = faulty.memory.openGroup.bind(faulty.memory);
      jest.spyOn(faulty.memory, 'openGroup').mockImplementation(async (...args) => {
        if (fail.on) throw new Error('not yet');
        return openGroup(...args);
      });
      return { fail };
    }

    /** Listens to orders from now on, is given one and stops. */
    async function handOne(n: number): Promise<void> {
      subscribe('$');
      const pull = next();
      await waitFor(() => kinds().includes('started'));
      await append(ORDERS, n);
      subscription.acknowledge(await pull);
      stopping.abort();
      await subscription.close(IN_TIME);
    }

    it('begins where it was told to, and goes on where the group stands', async () => {
      const [first] = await append(ORDERS, 1, 2, 3);
      subscribe(first);
      expect(await take(2)).toEqual([2, 3]);
      const opened = changes.find((change) => change.kind === 'opened');
      expect(opened).toMatchObject({ ref: { stream: ORDERS }, group: { created: true, ahead: 2 } });
      await waitFor(() => pendingOn(ORDERS) === 0);
      stopping.abort();
      await subscription.close(IN_TIME);

      stopping = new AbortController();
      subscribe('0');
      await append(ORDERS, 4);
      expect(await take(1)).toEqual([4]);
    });
  });

  describe('order', () => {
    beforeEach(() => {
      let now = 1_000;
      faulty.memory = new MemoryStore({ now: () => now++ });
    });

    it('is that of the entry ids over all streams at hand', async () => {
      streams = [STOCK, ORDERS];
      for (let n = 0; n < 10; n += 2) {
        await append(ORDERS, n);
        await append(STOCK, n + 1);
      }
      subscribe();
      expect(await take(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('takes in what comes to a quiet stream while another one is busy', async () => {
      streams = [ORDERS, STOCK];
      await append(ORDERS, 1, 2, 3, 4);
      subscribe();
      await take(2);
      await append(STOCK, 5);
      await append(ORDERS, 6, 7, 8);
      expect(await take(6)).toEqual([3, 4, 5, 6, 7, 8]);
    });

    it('takes in streams that are new while another one is busy, and waits for no search', async () => {
      await append(ORDERS, 1, 2, 3, 4);
      subscribe();
      await take(2);
      streams = [ORDERS, STOCK];
      await append(STOCK, 5);
      await append(ORDERS, 6, 7, 8);
      const later = Date.now() + 5_001;
      jest.spyOn(Date, 'now').mockImplementation(() => later);
      expect(await take(6)).toEqual([3, 4, 5, 6, 7, 8]);
      expect(asked).toEqual([true, false]);
    });
  });

  describe('what is at hand', () => {
    const takeNow = () => subscription.takeNow(stopping.signal);

    beforeEach(async () => {
      let now = 1_000;
      faulty.memory = new MemoryStore({ now: () => now++ });
      settings = { batchSize: 4 };
      await append(ORDERS, 1, 2, 3, 4, 5);
    });

    it('is handed out at once, in order, and no further than to where has to be read', async () => {
      streams = [STOCK, ORDERS];
      await append(STOCK, 6);
      subscribe();
      expect(numberOf(await next())).toBe(1);
      const reads = faulty.callsOf('readNew').length;
      expect([takeNow(), takeNow(), takeNow()].map((one) => one && numberOf(one))).toEqual([
        2, 3, 4,
      ]);
      // What is newer is at hand, but what comes next on this stream may be older.
      expect(takeNow()).toBeUndefined();
      expect(faulty.callsOf('readNew')).toHaveLength(reads);
      expect([await next(), await next()].map(numberOf)).toEqual([5, 6]);
    });

    it.each<[string, () => unknown]>([
      ['nothing was read yet', () => undefined],
      ['the process stops', () => stopping.abort()],
      ['an acknowledgement has failed', failAcknowledgement],
      ['entries were handed back', () => subscription.claimSoon()],
      [
        'the connection is another one',
        () => jest.spyOn(faulty.memory, 'session').mockReturnValue(7),
      ],
      ['telling something has failed', failToTell],
    ])('is not handed out at once where %s', async (why, happens) => {
      subscribe();
      if (why !== 'nothing was read yet') {
        const first = await next();
        subscription.acknowledge(first);
        await happens();
      }
      expect(takeNow()).toBeUndefined();
    });

    it('lets other things happen before it goes on, where it has been handed out for long', async () => {
      subscribe();
      await next();
      expect(takeNow()).toBeDefined();
      const later = Date.now() + 300;
      jest.spyOn(Date, 'now').mockImplementation(() => later);
      expect(takeNow()).toBeUndefined();
      let happened = false;
      setImmediate(() => (happened = true));
      expect(numberOf(await next())).toBe(3);
      expect(happened).toBe(true);
      expect(takeNow()).toBeDefined();
    });

    async function failAcknowledgement(): Promise<void> {
      faulty.fail('acknowledge');
      await waitFor(() => subscription['readers'][0]?.['membership'].hasFailed);
    }

    function failToTell(): void {
      subscription['fault'] = { error: new Error('told nobody') };
    }
  });

  it('acknowledges at once what is handled last, where no read follows', async () => {
    const setTimer = globalThis.setTimeout;
    // Where a read takes its time, acknowledgements wait for 20 ms: here for ever.
    jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation((ring, ms) => setTimer(ring, ms === 20 ? 2 ** 30 : ms));
    await append(ORDERS, 1);
    const other = { stream: ORDERS, group: PENDING, consumer: 'w2', holder };
    await faulty.memory.openGroup(other, { since: '0' });
    await faulty.memory.readNew(other, 1);
    subscribe();
    const pull = next();
    await dry();
    await faulty.memory.handBack(other);
    subscription.acknowledge(await pull);
    faulty.calls.length = 0;
    const rest = next().catch(() => undefined);
    await waitFor(() => faulty.callsOf('acknowledge').length === 1);
    expect(faulty.callsOf('readNew')).toEqual([]);
    stopping.abort();
    await rest;
  });

  describe('waiting', () => {
    it('ends with the next entry of any stream', async () => {
      streams = [ORDERS, STOCK];
      subscribe();
      for (const [n, stream] of [ORDERS, STOCK, STOCK, ORDERS].entries()) {
        const pull = take(1);
        await dry();
        await append(stream, n);
        expect(await pull).toEqual([n]);
      }
    });

    it('asks a quiet stream nothing each time that a stream beside it had news', async () => {
      streams = [ORDERS, STOCK];
      subscribe();
      for (let n = 0; n < 100; n++) {
        const pull = take(1);
        await append(ORDERS, n);
        await pull;
      }
      const quiet = faulty.callsOf('readNew').filter(([of]) => (of as Member).stream === STOCK);
      expect(quiet).toHaveLength(1);
    });

    it('warns of no leak with any number of streams', async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning);
      process.on('warning', onWarning);
      streams = Array.from({ length: 40 }, (_, i) => `store.orders.e${i}:stream`);
      subscribe();
      const pull = take(1);
      await dry();
      await append(streams[39]!, 1);
      await pull;
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
    });
  });

  describe('failures', () => {
    it.each(['openGroup', 'readPending', 'claim', 'readNew'] as const)(
      'of %s are told, and reading goes on',
      async (method) => {
        await append(ORDERS, 1, 2);
        faulty.fail(method, 2);
        subscribe();
        expect(await take(2)).toEqual([1, 2]);
        expect(kinds().filter((kind) => kind === 'failed')).toHaveLength(2);
        expect(kinds().filter((kind) => kind === 'recovered')).toHaveLength(1);
        expect(kinds().filter((kind) => kind === 'opened')).toHaveLength(1);
      },
    );

    it('of an acknowledgement have the entry acknowledged again, not handled again', async () => {
      await append(ORDERS, 1, 2, 3);
      subscribe();
      faulty.fail('acknowledge', 3);
      expect(await take(3)).toEqual([1, 2, 3]);
      stopping.abort();
      await subscription.close(IN_TIME);
      expect(pendingOn(ORDERS)).toBe(0);
    });

    it('of one stream wait for the reads of the others, which would be delivered twice otherwise', async () => {
      streams = [ORDERS, STOCK];
      subscribe();
      await append(ORDERS, 0);
      await take(1);
      const pull = take(1);
      await dry();
      // Both have news; one read takes its time, the other fails.
      const held = faulty.hold('readNew');
      faulty.fail('readNew');
      await append(ORDERS, 1);
      await append(STOCK, 2);
      await held.entered;
      await new Promise((resolve) => setImmediate(resolve));
      expect(kinds()).not.toContain('failed');
      held.release();
      expect([...(await pull), ...(await take(1))].sort()).toEqual([1, 2]);
      await append(ORDERS, 3);
      expect(await take(1)).toEqual([3]);
      expect(kinds()).toContain('failed');
    });

    it('wait longer and longer, up to consumption_restart_delay', async () => {
      settings = { restartDelayMs: 5_000 };
      await append(ORDERS, 1);
      faulty.fail('openGroup', 4);
      subscribe();
      const started = Date.now();
      await take(1);
      // At least half of 100, 200, 400 and 800 ms.
      expect(Date.now() - started).toBeGreaterThanOrEqual(745);
    });

    it('wait no longer than consumption_restart_delay', async () => {
      settings = { restartDelayMs: 5 };
      await append(ORDERS, 1);
      faulty.fail('openGroup', 12);
      subscribe();
      const started = Date.now();
      await take(1);
      // Without the cap at least 50 * (2^12 - 1) ms.
      expect(Date.now() - started).toBeLessThan(5_000);
    });

    it('wait longer and longer also where only the acknowledgement fails', async () => {
      settings = { restartDelayMs: 5_000 };
      await append(ORDERS, 1);
      subscribe();
      const failedAt: number[] = [];
      faulty.fail('deadLetter', 4);
      const report = { listener: 'l', reason: 'malformed', message: 'm', attempts: 0 };
      while (faulty.callsOf('deadLetter').length < 4) {
        await subscription.deadLetter(await next(), report);
        failedAt.push(Date.now());
      }
      // Half of 400 ms; it would be 100 ms at most if each read counted as a recovery.
      expect(failedAt[3]! - failedAt[2]!).toBeGreaterThanOrEqual(195);
    });

    it('begin with short delays again once an entry was acknowledged', async () => {
      settings = { restartDelayMs: 5_000 };
      await append(ORDERS, 1, 2, 3);
      faulty.fail('openGroup', 3);
      subscribe();
      await take(2);
      faulty.fail('readNew');
      await take(1);
      const before = Date.now();
      await append(ORDERS, 4);
      await take(1);
      expect(Date.now() - before).toBeLessThan(400);
    });

    it('tell that a group had vanished and was made again', async () => {
      await append(ORDERS, 1);
      subscribe();
      const [taken] = await take(1);
      expect(taken).toBe(1);
      const pull = take(1);
      await dry();
      const flushed = faulty.memory;
      faulty.memory = new MemoryStore();
      await append(ORDERS, 2);
      // Wakes who listens there; from now on everything goes to the new one.
      flushed['streams'].get(ORDERS)!.ring('appended');
      expect(await pull).toEqual([2]);
      expect(changes.find(({ kind }) => kind === 'remade')).toMatchObject({
        ref: { stream: ORDERS, group: PENDING },
        group: { created: true, ahead: 1 },
      });
      expect(kinds().filter((kind) => kind === 'opened')).toHaveLength(1);
    });
  });

  describe('an entry that another consumer took over', () => {
    it('has its signal aborted, and is told to be taken', async () => {
      settings = { acknowledgementTimeoutMs: 60 };
      const [nativeId] = await append(ORDERS, 1);
      subscribe();
      const delivery = await next();
      const thief = { stream: ORDERS, group: PENDING, consumer: 'w2', holder: other };
      await faulty.memory.openGroup(thief, { since: '0' });
      expect(delivery.signal.aborted).toBe(false);
      await faulty.memory.claim(thief, 0, '-', 1);
      await waitFor(() => delivery.signal.aborted);
      expect(changes.at(-1)).toMatchObject({ kind: 'taken', ref: { stream: ORDERS }, nativeId });
    });

    it('is not when this one has handled it in time, however slowly', async () => {
      settings = { acknowledgementTimeoutMs: 150 };
      await append(ORDERS, 1);
      subscribe();
      const delivery = await next();
      const thief = { stream: ORDERS, group: PENDING, consumer: 'w2', holder: other };
      await faulty.memory.openGroup(thief, { since: '0' });
      // For several timeouts, whoever looks finds nothing that has been idle for so long.
      await waitFor(async () => {
        const { entries } = await faulty.memory.claim(thief, 150, '-', 1);
        expect(entries).toEqual([]);
        return faulty.callsOf('keepAlive').length >= 9;
      });
      subscription.acknowledge(delivery);
      expect(delivery.signal.aborted).toBe(false);
    });
  });

  describe('stopping', () => {
    it.each(['waits', 'reads'] as const)('while it %s ends the iteration at once', async (what) => {
      subscribe();
      const held = faulty.hold('readNew');
      const pull = deliveries.next();
      await held.entered;
      if (what === 'waits') {
        held.release();
        await dry();
      }
      stopping.abort();
      held.release();
      const before = Date.now();
      expect(await pull).toEqual({ value: undefined, done: true });
      expect(Date.now() - before).toBeLessThan(2_000);
    });

    it('while it reads hands out nothing more; what was fetched is handed back', async () => {
      await append(ORDERS, 1);
      subscribe();
      const held = faulty.hold('readNew');
      const pull = deliveries.next();
      await held.entered;
      stopping.abort();
      held.release();
      expect(await pull).toEqual({ value: undefined, done: true });
      expect(pendingOn(ORDERS)).toBe(1);
      await subscription.close(IN_TIME);
      expect([pendingOn(ORDERS), pendingOn(ORDERS, 'nobody')]).toEqual([0, 1]);
    });

    it('ends the delay after a failure', async () => {
      settings = { restartDelayMs: 60_000 };
      faulty.fail('openGroup', 100);
      subscribe();
      const pull = deliveries.next();
      await waitFor(() => kinds().filter((kind) => kind === 'failed').length === 4);
      stopping.abort();
      const before = Date.now();
      expect((await pull).done).toBe(true);
      expect(Date.now() - before).toBeLessThan(300);
    });

    it('confirms acknowledgements', async () => {
      await append(ORDERS, 1, 2);
      subscribe();
      const held = faulty.hold('acknowledge');
      subscription.acknowledge(await next());
      await held.entered;
      let closed = false;
      const closing = subscription.close(IN_TIME).then(() => (closed = true));
      expect(closed).toBe(false);
      held.release();
      await closing;
      expect(pendingOn(ORDERS)).toBe(0);
    });

    it('rejects where there was no time to confirm', async () => {
      await append(ORDERS, 1);
      subscribe();
      faulty.fail('acknowledge', 9);
      subscription.acknowledge(await next());
      await expect(subscription.close(AbortSignal.abort())).rejects.toThrow(/aborted/);
    });
  });

  describe('a graceful restart under another name', () => {
    /** Starts the process that follows. */
    function succeed(): void {
      settings = { ...settings, ref: { stream: ORDERS, group: PENDING, consumer: 'w2' } };
      stopping = new AbortController();
      subscribe();
    }

    it('goes on in order, with what had been fetched and not begun', async () => {
      settings = { batchSize: 5 };
      await append(ORDERS, 1, 2, 3, 4, 5);
      subscribe();
      expect(await take(1)).toEqual([1]);
      await append(ORDERS, 6, 7, 8);
      stopping.abort();
      await subscription.close(IN_TIME);
      succeed();
      expect(await take(7)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    });

    it('hands back what follows an event whose handler was abandoned, but not that event', async () => {
      settings = { batchSize: 5 };
      await append(ORDERS, 1, 2, 3);
      subscribe();
      const delivery = await next();
      stopping.abort();
      expect(subscription.abandon()).toBe(1);
      expect(delivery.signal.aborted).toBe(true);
      await subscription.close(IN_TIME);
      expect([pendingOn(ORDERS), pendingOn(ORDERS, 'nobody')]).toEqual([1, 2]);
    });

    it('hands back an event that waits for its next attempt, with what it has had', async () => {
      settings = { batchSize: 5 };
      await append(ORDERS, 1, 2);
      subscribe();
      await subscription.recordAttempts(await next(), 3, true);
      stopping.abort();
      await subscription.close(IN_TIME);
      succeed();
      const again = await next();
      expect([numberOf(again), again.attempts]).toEqual([1, 3]);
      subscription.acknowledge(again);
      expect(await take(1)).toEqual([2]);
    });
  });

  describe('a delivery', () => {
    it('says what and where it is', async () => {
      const [nativeId] = await append(ORDERS, 7);
      subscribe();
      const delivery = await next();
      expect(delivery).toMatchObject({
        streamApi: 'store.orders',
        stream: ORDERS,
        nativeId,
        consumerGroup: PENDING,
        deliveryCount: 1,
      });
      expect(contentOf(delivery)).toMatchObject({ eventName: 'counted', parameters: { n: 7 } });
    });

    it('whose data is gone says so, and can be set aside', async () => {
      await append(ORDERS, 1);
      const ref = { stream: ORDERS, group: PENDING, consumer: 'w1', holder };
      await faulty.memory.openGroup(ref, { since: '0' });
      await faulty.memory.readNew(ref, 1);
      await faulty.memory.append(ORDERS, [['', '']], { maxLength: 1, timeoutMs: 1 });
      subscribe();
      const delivery = await next();
      expect(delivery.fields).toBeNull();
      const report = { listener: 'l', reason: 'deleted', message: 'm', attempts: 0 };
      await subscription.deadLetter(delivery, report);
      expect(contentOf(await next())).toEqual({ kind: 'noop' });
      expect(pendingOn(ORDERS)).toBe(1);
    });
  });
});
