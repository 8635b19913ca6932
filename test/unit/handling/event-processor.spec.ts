import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { IsInt } from 'class-validator';
import {
  fillListenerOptions,
  type ListenerOverrides,
} from '../../../lib/config/options/listener.options.js';
import { WorkState } from '../../../lib/handling/work-state.js';
import { EventProcessor, type ProcessorParts } from '../../../lib/handling/event-processor.js';
import type { EventMessage } from '../../../lib/event/event-message.js';
import { Event } from '../../../lib/event/event.decorator.js';
import type { Listener } from '../../../lib/listener/listener.js';
import type { Delivery } from '../../../lib/reading/delivery.js';
import type { DeadLetterReport } from '../../../lib/store/event-store.js';
import { clock } from '../../../lib/timing/clock.js';
import { serialize, type SerializableEvent } from '../../../lib/wire/by-field.js';
import { noSchemas } from '../../support/no-schemas.js';
import { waitFor } from '../../support/wait-for.js';
import { THROWN_VALUES } from './thrown-values.js';

@Event('store.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

const STREAM = 'store.orders.*:stream';
const HEAD = ['id', 'id', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];

interface SetAside {
  readonly nativeId: string;
  readonly report: DeadLetterReport;
}

describe('EventProcessor', () => {
  let acknowledged: string[];
  let setAside: SetAside[];
  let logs: string[];
  let attempts: EventMessage[];
  let recorded: [attempts: number, waits: boolean][];
  /** Settles when the store answers. */
  let answering: Promise<unknown>;
  let shutdowns: number;
  let stopping: AbortController;
  let taken: AbortController;
  let handler: (message: EventMessage) => unknown;
  let settings: {
    incoming: boolean;
    strict: boolean;
    cast: boolean;
    kind: string;
    type?: Type<object>;
    url?: string;
    parameters?: object;
    description?: string;
  };
  let config: { configArguments: string[]; redisFrom: string | undefined };
  /** Id of the dead letters; `null`: another consumer has the entries. */
  let letter: string | null;

  beforeEach(() => {
    [acknowledged, setAside, logs, attempts, shutdowns] = [[], [], [], [], 0];
    recorded = [];
    answering = Promise.resolve();
    stopping = new AbortController();
    taken = new AbortController();
    handler = () => undefined;
    settings = { incoming: false, strict: false, cast: true, kind: 'redis', type: OrderPlaced };
    config = { configArguments: [], redisFrom: undefined };
    letter = '7-1';
  });

  function newProcessor(options: ListenerOverrides = {}): EventProcessor {
    const listener: Listener = {
      name: 'stock',
      place: 'Stock.reserve (StockModule)',
      selections: [{ apiName: 'store.orders', eventName: 'placed', type: settings.type }],
      registry: { typeOf: () => undefined },
      options: fillListenerOptions(options),
      invoke: async (message) => {
        attempts.push(message);
        await handler(message);
      },
    };
    const record = (level: string) => (message: unknown, stack?: unknown) =>
      void logs.push(`${level} ${String(message)}${typeof stack === 'string' ? ' +stack' : ''}`);
    const parts = {
      listener,
      schemas: noSchemas(),
      config,
      stores: {
        forApi: () => ({
          store: { description: settings.description ?? 'redis://db:6380/2' },
          settings: {
            cast_values: settings.cast,
            strict_validation: settings.strict,
            validate: { incoming: settings.incoming, outgoing: true },
            event_transport: {
              kind: settings.kind,
              url: settings.url ?? 'redis://db:6380/2',
              connection_parameters: settings.parameters ?? {},
            },
          },
        }),
      },
      logger: Object.fromEntries(
        ['debug', 'log', 'warn', 'error', 'fatal'].map((level) => [level, record(level)]),
      ),
      entries: {
        acknowledge: ({ nativeId }: Delivery) => void acknowledged.push(nativeId),
        deadLetter: async ({ nativeId }: Delivery, report: DeadLetterReport) => {
          setAside.push({ nativeId, report });
          return letter;
        },
        recordAttempts: async (_: Delivery, attempts: number, waits: boolean) => {
          recorded.push([attempts, waits]);
          await answering;
        },
      },
      stopping: stopping.signal,
      onShutdown: () => (shutdowns += 1),
    };
    return new EventProcessor({ ...parts, work: new WorkState() } as unknown as ProcessorParts);
  }

  function delivery(
    changes: Partial<Delivery> = {},
    changed: Partial<SerializableEvent> = {},
  ): Delivery {
    const event = { id: 'id', apiName: 'store.orders', eventName: 'placed', version: 1 };
    return {
      streamApi: 'store.orders',
      stream: STREAM,
      nativeId: '1-1',
      consumerGroup: 'shop-stock',
      deliveryCount: 1,
      attempts: 0,
      fields: serialize({ ...event, parameters: { n: 1 }, ...changed }),
      signal: taken.signal,
      get isStopped() {
        return taken.signal.aborted;
      },
      ...changes,
    };
  }

  /** A handler that fails so many times. */
  function failing(times: number, thrown: unknown = new Error('no stock')): () => void {
    let left = times;
    return () => {
      if (left-- > 0) throw thrown;
    };
  }

  const lines = (level: string) => logs.filter((line) => line.startsWith(`${level} `));

  describe('an event that is handled', () => {
    it('is acknowledged after the handler is done, and not before', async () => {
      let release: () => void = () => undefined;
      handler = () => new Promise<void>((resolve) => (release = resolve));
      const processing = newProcessor().process(delivery());
      await waitFor(() => attempts.length === 1);
      expect(acknowledged).toEqual([]);
      release();
      await processing;
      expect(acknowledged).toEqual(['1-1']);
      expect(logs).toEqual([]);
    });

    it('reaches the handler with where it came from', async () => {
      await newProcessor().process(delivery({ deliveryCount: 4 }));
      expect(attempts[0]).toMatchObject({
        id: 'id',
        nativeId: '1-1',
        apiName: 'store.orders',
        eventName: 'placed',
        canonicalName: 'store.orders.placed',
        version: 1,
        timestamp: new Date(1),
        stream: 'store.orders.*:stream',
        consumerGroup: 'shop-stock',
        deliveryCount: 4,
        isReplay: false,
      });
      expect(attempts[0]?.payload).toBeInstanceOf(OrderPlaced);
      expect(attempts[0]).not.toHaveProperty('notes');
    });

    it('is warned of once where it is irregular, whatever the number of attempts', async () => {
      handler = failing(1);
      await newProcessor().process(delivery({ fields: [...HEAD.slice(2), ':n', '1'] }));
      expect(lines('warn')).toEqual([
        "warn Event store.orders.placed (1-1 on 'store.orders.*:stream', listener 'stock') is " +
          'irregular: no id: the entry id takes its place. It is handled all the same.',
        expect.stringMatching(/failed at attempt 1/),
      ]);
    });
  });

  describe('an entry that is not for the handler', () => {
    it.each(['no-op', 'event that was not selected'])(
      'is acknowledged without a call: %s',
      async (what) => {
        const unselected = delivery({}, { eventName: 'shipped' });
        await newProcessor().process(
          what === 'no-op' ? delivery({ fields: ['', ''] }) : unselected,
        );
        expect(attempts).toEqual([]);
        expect(acknowledged).toEqual(['1-1']);
        expect(logs).toEqual([]);
      },
    );

    it.each<[string, Delivery['fields'], object]>([
      ['no event', [], { reason: 'malformed', message: 'The entry is no event: it has no fields' }],
      ['gone', null, { reason: 'deleted', message: expect.stringMatching(/lost/) }],
    ])('is set aside where it is %s, whatever the policy', async (_, fields, report) => {
      await newProcessor({ onError: 'retry' }).process(delivery({ fields }));
      expect(attempts).toEqual([]);
      expect(acknowledged).toEqual([]);
      expect(setAside).toEqual([
        { nativeId: '1-1', report: { listener: 'stock', attempts: 0, ...report } },
      ]);
      expect(lines('error')).toHaveLength(1);
    });

    describe('as it is invalid, and validate.incoming is on,', () => {
      const INVALID = { parameters: { n: 'x' } };

      beforeEach(() => {
        settings.incoming = true;
      });

      it('is set aside at once by dead_letter: no further attempt makes it valid', async () => {
        const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 9 });
        await processor.process(delivery({}, INVALID));
        expect(attempts).toEqual([]);
        expect(setAside).toEqual([
          {
            nativeId: '1-1',
            report: {
              listener: 'stock',
              reason: 'invalid',
              message: expect.stringContaining('n: n must be an integer number') as unknown,
              attempts: 0,
            },
          },
        ]);
        expect(lines('error')).toEqual([
          expect.stringMatching(
            /^error .*is not handed to Stock.*integer.*redrive stock 7-1[^+]*$/,
          ),
        ]);
      });

      it('is acknowledged by acknowledge_and_log', async () => {
        await newProcessor({ onError: 'acknowledge_and_log' }).process(delivery({}, INVALID));
        expect([attempts, setAside, acknowledged]).toEqual([[], [], ['1-1']]);
        expect(lines('error')).toEqual([
          expect.stringMatching(/n must be an integer.*acknowledged all the same[^+]*$/),
        ]);
      });

      it('ends the application by shutdown, as in Lightbus, and stays pending', async () => {
        await newProcessor({ onError: 'shutdown' }).process(delivery({}, INVALID));
        expect([attempts, setAside, acknowledged, shutdowns]).toEqual([[], [], [], 1]);
      });

      it('is tried again by retry, and nothing overtakes it', async () => {
        const processing = newProcessor({ onError: 'retry' }).process(delivery({}, INVALID));
        await waitFor(() => lines('warn').length === 2);
        taken.abort();
        await processing;
        expect([attempts, setAside, acknowledged]).toEqual([[], [], []]);
        expect(logs[1]).toMatch(/^warn .*is not handed to Stock.*no later event overtakes it\.$/);
      });
    });
  });

  describe('retry', () => {
    it('tries again until the handler succeeds, and acknowledges once', async () => {
      handler = failing(3);
      await newProcessor().process(delivery());
      expect(attempts).toHaveLength(4);
      expect(acknowledged).toEqual(['1-1']);
      expect(lines('error')).toEqual([]);
      expect(lines('warn')).toHaveLength(3);
      expect(lines('warn')[0]).toMatch(
        /failed at attempt 1 in Stock\.reserve \(StockModule\): no stock\. Next attempt in \d+ ms; no later event overtakes it\.$/,
      );
      expect(lines('log')).toEqual([expect.stringMatching(/succeeded at attempt 4\.$/)]);
    });

    it.each([
      ['an instance of its class', OrderPlaced, true],
      ['plain, selected by name', undefined, true],
      ['plain, with cast_values off', OrderPlaced, false],
    ])('begins each attempt with what is stored: %s', async (_, type, cast) => {
      settings = { ...settings, type, cast };
      const seen: unknown[] = [];
      handler = (message) => {
        const event = message.payload as unknown as { cents: number; lines: { n: number[] }[] };
        seen.push(structuredClone({ ...event, at: message.timestamp.getTime() }));
        event.cents *= 100;
        event.lines[0]?.n.push(2);
        event.lines.push({ n: [] });
        message.timestamp.setTime(0);
        if (seen.length < 3) throw new Error('again');
      };
      const fields = [...HEAD, ':cents', '5', ':lines', '[{"n": [1]}]'];
      const untouched = delivery({ fields });
      await newProcessor().process(untouched);

      expect(seen).toEqual(Array(3).fill({ cents: 5, lines: [{ n: [1] }], at: 1 }));
      expect(attempts.map(({ payload }) => payload instanceof OrderPlaced)).toEqual(
        Array(3).fill(type !== undefined && cast),
      );
    });

    it('decodes an entry once for each attempt, and twice to tell of one that failed', async () => {
      const stored = delivery().fields ?? [];
      let decoded = 0;
      const fields = new Proxy(stored, {
        get: (target, name) => {
          if (name === '1') decoded++;
          return Reflect.get(target, name) as unknown;
        },
      });
      await newProcessor().process(delivery({ fields }));
      expect(decoded).toBe(1);
      handler = failing(2);
      await newProcessor().process(delivery({ fields }));
      expect(decoded).toBe(1 + attempts.length - 1 + logs.length + recorded.length / 2);
    });

    it('tries again after the timeout', async () => {
      handler = () => (attempts.length === 1 ? new Promise(() => undefined) : undefined);
      await newProcessor({ timeout: 20 }).process(delivery());
      expect(attempts).toHaveLength(2);
      expect(attempts[0]?.signal?.aborted).toBe(true);
      expect(attempts[1]?.signal?.aborted).toBe(false);
      expect(lines('warn')[0]).toMatch(/did not settle within 20 ms/);
      expect(acknowledged).toEqual(['1-1']);
    });

    it.each(['stopping', 'taken'])('ends at once when the wait is interrupted: %s', async (why) => {
      handler = failing(Infinity);
      const processing = newProcessor().process(delivery());
      await waitFor(() => attempts.length === 3);
      (why === 'taken' ? taken : stopping).abort();
      await processing;
      expect(attempts.length).toBeLessThanOrEqual(4);
      expect(acknowledged).toEqual([]);
      expect(setAside).toEqual([]);
    });
  });

  it('records attempts where nothing limits them, too: operators see them, and whoever goes on', async () => {
    handler = failing(2);
    await newProcessor({ onError: 'retry' }).process(delivery());
    expect(attempts).toHaveLength(3);
    expect(recorded).toEqual([
      [1, true],
      [1, false],
      [2, true],
      [2, false],
    ]);
  });

  describe('acknowledge_and_log', () => {
    it('acknowledges and says so', async () => {
      handler = failing(1);
      await newProcessor({ onError: 'acknowledge_and_log' }).process(delivery());
      expect(attempts).toHaveLength(1);
      expect(acknowledged).toEqual(['1-1']);
      expect(logs).toEqual([
        expect.stringMatching(
          /^error .*acknowledged all the same \(acknowledge_and_log\)\. \+stack$/,
        ),
      ]);
    });
  });

  it('leaves nothing on signals that outlive an event, and no timers', async () => {
    const any = jest.spyOn(AbortSignal, 'any');
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const before = timers();
    const random = jest.spyOn(Math, 'random').mockReturnValue(0);
    const processor = newProcessor({ timeout: 1_000 });
    for (let i = 0; i < 10; i++) {
      handler = failing(1);
      await processor.process(delivery());
    }
    random.mockRestore();
    expect(acknowledged).toHaveLength(10);
    expect(attempts).toHaveLength(20);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
    expect(getEventListeners(taken.signal, 'abort')).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(any).not.toHaveBeenCalled();
    any.mockRestore();
  });

  it('counts as failures of an event only what its handler throws: what goes wrong after it is not handled again', async () => {
    const bug = new Error('a bug');
    const processor = newProcessor({ onError: 'retry' });
    processor['entries'].acknowledge = () => {
      throw bug;
    };
    await expect(processor.process(delivery())).rejects.toBe(bug);
    expect(attempts).toHaveLength(1);
  });

  describe('a store that does not answer', () => {
    beforeEach(() => {
      answering = new Promise(() => undefined);
    });

    it('holds up no attempt where none is counted, and is told so much at a time', async () => {
      handler = failing(30);
      await newProcessor({ backoff: { initial: 1, max: 1 } }).process(delivery());
      expect(acknowledged).toEqual(['1-1']);
      expect(recorded).toHaveLength(20);
      expect(recorded.slice(0, 4)).toEqual([
        [1, true],
        [1, false],
        [2, true],
        [2, false],
      ]);
    });

    it('holds up no shutdown', async () => {
      handler = failing(1);
      await newProcessor({ onError: 'shutdown' }).process(delivery());
      expect([shutdowns, recorded]).toEqual([1, [[1, true]]]);
    });

    it('is waited for where attempts are counted', async () => {
      handler = failing(1);
      void newProcessor({ onError: 'dead_letter', backoff: { initial: 1 } }).process(delivery());
      await waitFor(() => recorded.length === 1);
      await setImmediate();
      expect(attempts).toHaveLength(1);
    });
  });

  describe('shutdown', () => {
    it('asks for it once, and leaves the event pending', async () => {
      handler = failing(1);
      await newProcessor({ onError: 'shutdown' }).process(delivery());
      expect(shutdowns).toBe(1);
      expect(attempts).toHaveLength(1);
      expect(acknowledged).toEqual([]);
      expect(setAside).toEqual([]);
      expect(logs).toEqual([expect.stringMatching(/^fatal .*no stock.*stays pending.* \+stack$/)]);
    });
  });

  describe('dead_letter', () => {
    it('sets the event aside after the last attempt, with error, stack and attempts', async () => {
      handler = failing(Infinity);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 3 }).process(delivery());
      expect(attempts).toHaveLength(3);
      expect(acknowledged).toEqual([]);
      expect(setAside).toEqual([
        {
          nativeId: '1-1',
          report: {
            listener: 'stock',
            reason: 'failed',
            message: 'no stock',
            stack: expect.stringMatching(/^Error: no stock\n/) as unknown,
            attempts: 3,
          },
        },
      ]);
    });

    it('counts the attempts of earlier processes, not how often the entry was fetched', async () => {
      handler = failing(Infinity);
      const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 5 });
      await processor.process(delivery({ deliveryCount: 9, attempts: 3 }));
      expect(attempts).toHaveLength(2);
      expect(setAside[0]?.report.attempts).toBe(5);
      expect(lines('warn')[0]).toMatch(/failed at attempt 4 /);
      expect(lines('error')[0]).toMatch(/failed at attempt 5 /);
    });

    it('records each attempt that failed and is to be followed by another, and that the next one begins', async () => {
      handler = failing(Infinity);
      const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 4 });
      await processor.process(delivery({ attempts: 1 }));
      expect(recorded).toEqual([
        [2, true],
        [2, false],
        [3, true],
        [3, false],
      ]);
    });

    it('sets aside without another attempt what has taken the process down so often', async () => {
      const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 4 });
      await processor.process(delivery({ attempts: 4 }));
      expect(attempts).toEqual([]);
      expect(setAside[0]?.report).toMatchObject({
        reason: 'failed',
        message: 'The process ended while the event was being handled, in the last of 4 attempts',
        attempts: 4,
      });
      expect(lines('error')).toHaveLength(1);
    });

    it.each([
      ['handled', 0],
      ['set aside', 1],
    ])(
      'tries once more what has failed as often under another policy: it may be %s',
      async (_, fails) => {
        handler = failing(fails);
        const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 2 });
        await processor.process(delivery({ attempts: 9, hasFailed: true }));
        expect([attempts.length, acknowledged.length, setAside.length]).toEqual([
          ...[1, 1 - fails, fails],
        ]);
        expect(setAside.map(({ report }) => report.attempts)).toEqual(fails ? [10] : []);
      },
    );

    it.each<[string, Delivery['fields'], string[]]>([
      ['acknowledges a no-op', ['', ''], []],
      ['tells what is malformed', [], ['malformed']],
    ])('%s, whatever was attempted', async (_, fields, reasons) => {
      const processor = newProcessor({ onError: 'dead_letter', maxAttempts: 1 });
      await processor.process(delivery({ attempts: 9, fields }));
      expect(setAside.map(({ report }) => report.reason)).toEqual(reasons);
    });

    describe('by time', () => {
      const HOUR_MS = 3_600_000;
      /** An event that failed for the first time, and for the latest one, so long ago. */
      const failingFor = (failingMs: number, triedForMs = 0) =>
        delivery({
          attempts: 7,
          times: { failingSince: clock.now() - failingMs, triedForMs },
        });

      it('gives up once the time is over, however few attempts were made', async () => {
        handler = failing(Infinity);
        await newProcessor({ onError: 'dead_letter', retryFor: 150 }).process(delivery());
        expect(attempts.length).toBeGreaterThan(1);
        expect(setAside[0]?.report.attempts).toBe(attempts.length);
      });

      it.each<[string, ListenerOverrides]>([
        ['nothing else is said', {}],
        ['the number of attempts is not reached', { retryFor: '15m', maxAttempts: 9 }],
      ])(
        'makes one attempt, recorded before, after a time when all was down: %s',
        async (_, more) => {
          handler = () => {
            expect(recorded).toEqual([[7, false]]);
            throw new Error('no stock');
          };
          await newProcessor({ onError: 'dead_letter', ...more }).process(failingFor(HOUR_MS));
          expect(attempts).toHaveLength(1);
          expect(setAside).toMatchObject([{ report: { message: 'no stock', attempts: 8 } }]);
        },
      );

      it('makes none where one was made after the time was over, and ended with its process', async () => {
        await newProcessor({ onError: 'dead_letter', retryFor: '59m' }).process(
          failingFor(2 * HOUR_MS, HOUR_MS),
        );
        expect(attempts).toEqual([]);
        expect(setAside).toMatchObject([{ report: { reason: 'failed', attempts: 7 } }]);
      });

      it.each<[string, ListenerOverrides]>([
        ['there is more of it', { onError: 'dead_letter', retryFor: '1d' }],
        ['only attempts are counted', { onError: 'dead_letter', maxAttempts: 10 }],
        ['no event is ever given up', { onError: 'retry', retryFor: 1 }],
      ])('goes on where %s', async (_, options) => {
        handler = failing(2);
        const backoff = { max: 1 };
        await newProcessor({ ...options, backoff }).process(failingFor(2 * HOUR_MS, HOUR_MS));
        expect(attempts).toHaveLength(3);
        expect(acknowledged).toEqual(['1-1']);
        expect(recorded.filter(([count]) => count === 7)).toEqual([]);
      });
    });

    it('tells the final failure in one line, with the stack and the command that drives it again', async () => {
      handler = failing(Infinity);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 2 }).process(delivery());
      expect(logs).toEqual([
        expect.stringMatching(
          /^warn .*failed at attempt 1 .*no stock\. Next attempt in \d+ ms[^+]*$/,
        ),
        "error Event store.orders.placed (1-1 on 'store.orders.*:stream', listener 'stock') failed at attempt 2 in " +
          "Stock.reserve (StockModule): no stock. It is set aside on the listener's dead-letter stream. To have it " +
          'handled again: LIGHTBUS_REDIS_URL=redis://db:6380/2 npx lightbus deadletters redrive stock 7-1 ' +
          '--service-name=shop +stack',
      ]);
    });

    it.each<[string, typeof config, string]>([
      ['code', { configArguments: [], redisFrom: 'forRoot({ redis })' }, '--service-name=shop'],
      [
        'a variable that not every shell has',
        { configArguments: ['/a.yaml'], redisFrom: 'LIGHTBUS_REDIS_URL' },
        '--service-name=shop --config=/a.yaml',
      ],
    ])('says where Redis is, where that is said by %s', async (_, given, options) => {
      config = given;
      handler = failing(Infinity);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 1 }).process(delivery());
      expect(logs.at(-1)).toContain(
        `again: LIGHTBUS_REDIS_URL=redis://db:6380/2 npx lightbus deadletters redrive stock 7-1 ${options} +stack`,
      );
    });

    it('leaves that to the configuration where it says it', async () => {
      config = { configArguments: ['/a.yaml'], redisFrom: undefined };
      handler = failing(Infinity);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 1 }).process(delivery());
      expect(logs.at(-1)).toMatch(/again: npx .* --config=\/a.yaml \+stack$/);
    });

    it.each<[string, Partial<typeof settings>, string[], RegExp]>([
      ['in a URL', { url: 'redis://:pw@db' }, [], /again: LIGHTBUS_REDIS_URL="\$\{.*6380\/2, with/],
      ['in parameters', { parameters: { password: 'pw' } }, [], /REDIS_URL="\$\{[^+]*"/],
      ['by a function', { parameters: () => ({}) }, [], /REDIS_URL="\$\{[^+]*"/],
      ['in a file', { parameters: { password: 'pw' } }, ['/a.yaml'], /REDIS_URL=redis:[^+]*a.yaml/],
    ])(
      'leaves out secrets, wherever they are said: %s',
      async (_, given, configArguments, text) => {
        Object.assign(settings, given);
        config = { configArguments, redisFrom: 'LIGHTBUS_REDIS_URL' };
        handler = failing(1);
        await newProcessor({ onError: 'dead_letter', maxAttempts: 1 }).process(delivery());
        expect(logs).toEqual([expect.stringMatching(text)]);
        expect(logs.join()).not.toMatch(/pw/);
      },
    );

    it.each<[string, Partial<typeof settings>]>([
      ['in memory', { kind: 'memory' }],
      ['behind sentinels that code names', { description: 'redis+sentinel://a:26379/main/0' }],
    ])('says what drives it again where no command can: %s', async (_, given) => {
      Object.assign(settings, given);
      handler = failing(1);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 1 }).process(delivery());
      expect(logs).toEqual([expect.stringMatching(/Listeners\.redrive, id 7-1\. \+stack$/)]);
    });

    it('says so where it could not be set aside: it is no final failure', async () => {
      [letter, handler] = [null, failing(1)];
      await newProcessor({ onError: 'dead_letter', maxAttempts: 1 }).process(delivery());
      expect(logs).toEqual([
        expect.stringMatching(/^warn .*no stock.* could not be set aside[^+]*$/),
      ]);
    });

    it('is not needed where an attempt succeeds', async () => {
      handler = failing(2);
      await newProcessor({ onError: 'dead_letter', maxAttempts: 3 }).process(delivery());
      expect(acknowledged).toEqual(['1-1']);
      expect(setAside).toEqual([]);
    });

    it('takes a handler that never settles for one that fails', async () => {
      handler = () => new Promise(() => undefined);
      const options = { onError: 'dead_letter', maxAttempts: 2, timeout: 10 } as const;
      await newProcessor(options).process(delivery());
      expect(setAside[0]?.report.message).toMatch(/did not settle within 10 ms/);
    });
  });

  describe('a handler may throw anything', () => {
    const policies = ['acknowledge_and_log', 'dead_letter', 'shutdown', 'retry'] as const;

    it.each(Object.keys(THROWN_VALUES))('%s', async (name) => {
      const thrown = THROWN_VALUES[name];
      for (const onError of policies) {
        [acknowledged, setAside, logs, attempts, shutdowns] = [[], [], [], [], 0];
        handler = failing(1, thrown);
        await newProcessor({ onError, maxAttempts: 1 }).process(delivery());
        const outcome = [acknowledged.length, setAside.length, shutdowns, attempts.length];
        expect([onError, ...outcome]).toEqual(
          {
            acknowledge_and_log: [onError, 1, 0, 0, 1],
            dead_letter: [onError, 0, 1, 0, 1],
            shutdown: [onError, 0, 0, 1, 1],
            retry: [onError, 1, 0, 0, 2],
          }[onError],
        );
        expect(logs.some((line) => line.includes('failed at attempt 1'))).toBe(true);
        // Must survive as JSON: it is stored so.
        expect(() => JSON.stringify(setAside)).not.toThrow();
      }
    });

    it('a rejection with undefined', async () => {
      handler = () => (attempts.length === 1 ? Promise.reject() : 0);
      await newProcessor().process(delivery());
      expect(acknowledged).toEqual(['1-1']);
      expect(lines('warn')[0]).toMatch(/no Error: undefined/);
    });
  });

  describe('an event that was taken, or abandoned at shutdown, while its handler ran', () => {
    it('is not acknowledged, although the handler returns: it may have stopped halfway', async () => {
      handler = () => taken.abort();
      await newProcessor().process(delivery());
      expect(acknowledged).toEqual([]);
    });

    it.each(['acknowledge_and_log', 'dead_letter', 'shutdown', 'retry'] as const)(
      'stays pending although the handler fails: %s',
      async (onError) => {
        handler = () => {
          taken.abort();
          throw new Error('aborted');
        };
        await newProcessor({ onError, maxAttempts: 1 }).process(delivery());
        expect([acknowledged, setAside, shutdowns]).toEqual([[], [], 0]);
        expect(attempts).toHaveLength(1);
        expect(logs).toEqual([expect.stringMatching(/^warn .*aborted.*stays pending/)]);
      },
    );
  });
});
