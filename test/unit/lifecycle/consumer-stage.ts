import type { LoggerService } from '@nestjs/common';
import type { ListenerOverrides } from '../../../lib/config/options/listener.options.js';
import { fillListenerOptions } from '../../../lib/config/options/listener.options.js';
import type { EventMessage } from '../../../lib/event/event-message.js';
import { ListenerConsumer, type ListenerState } from '../../../lib/lifecycle/listener-consumer.js';
import { LightbusLogger } from '../../../lib/logger.js';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import type { EventStore } from '../../../lib/store/event-store.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import type { Stores } from '../../../lib/store/stores.js';
import { serialize } from '../../../lib/wire/by-field.js';
import { aProcess, STREAM } from '../reading/reading-stage.js';
import { noSchemas } from '../../support/no-schemas.js';

/** Throws, or returns what a method that was called is to return instead of what it would. */
export type Meddle = (call: () => unknown, promises: boolean, name: string | symbol) => unknown;

/** Methods of a store that promise nothing: they can throw, but not reject. */
const AT_ONCE = new Set<string | symbol>(['listen', 'session', 'announce']);

/** One listener on a store in memory, of which any call can be meddled with. */
export class ConsumerStage {
  readonly memory = new MemoryStore();
  /** Numbers of the events that were handled, in that order. */
  readonly handled: number[] = [];
  readonly states: ListenerState[] = [];
  shutdowns = 0;
  private appended = 0;
  /** Every call of the store goes through it. */
  meddle: Meddle = (call) => call();
  handler: (message: EventMessage) => unknown = () => undefined;
  readonly consumer: ListenerConsumer;

  constructor(options: ListenerOverrides = {}) {
    const store = this.meddled();
    const event_transport = {
      ...{ service_name: 'shop', consumer_name: 'w1', batch_size: 2, reclaim_batch_size: 10 },
      // So short that what is done again and again is done in the middle of a test, too.
      ...{ acknowledgement_timeout: 0.09, reclaim_interval: 0.03, consumer_ttl: 60 },
      ...{ consumption_restart_delay: 0.05, stream_use: 'per_api' },
    };
    const settings = { event_transport, cast_values: true, validate: { incoming: false } };
    const stores = { forApi: () => ({ store, settings, streamsOf: async () => [STREAM] }) };
    this.consumer = new ListenerConsumer(
      {
        name: 'stock',
        place: 'Stock.reserve (StockModule)',
        selections: [{ apiName: 'store.orders', eventName: 'placed', type: undefined }],
        registry: { typeOf: () => undefined },
        options: fillListenerOptions({ since: 'beginning', ...options }),
        invoke: async (message) => {
          const { n } = message.payload as { n: number };
          if (this.handled.at(-1) !== n) this.handled.push(n);
          else this.again.push(n);
          await this.handler(message);
        },
      },
      stores as unknown as Stores,
      new SharedReading(aProcess('this')),
      new LightbusLogger('debug'),
      noSchemas(),
      { configArguments: [], redisFrom: undefined },
      () => {
        this.shutdowns++;
      },
    );
  }

  /** Numbers of the events that handlers were given once more. */
  readonly again: number[] = [];

  async append(from: number, until: number): Promise<void> {
    for (let n = from; n <= until; n++, this.appended++) {
      const event = { id: `id-${n}`, apiName: 'store.orders', eventName: 'placed', version: 1 };
      const fields = serialize({ ...event, parameters: { n } });
      await this.memory.append(STREAM, [fields], { maxLength: null, timeoutMs: 100 });
    }
  }

  /** Whether all that was appended is handled, and acknowledged. */
  get isDone(): boolean {
    return this.handled.length === this.appended && this.memory.backlog().length === 0;
  }

  private meddled(): EventStore {
    return new Proxy<EventStore>(this.memory, {
      get: (memory, name) => {
        const member: unknown = Reflect.get(memory, name, memory);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          this.meddle(
            () => (member as (...given: unknown[]) => unknown).apply(memory, args),
            !AT_ONCE.has(name),
            name,
          );
      },
    });
  }
}

/** The application's logger: what it is told goes to `tell`, level first. */
export function loggerOf(
  tell: (level: string, line: readonly unknown[]) => unknown,
): LoggerService {
  const levels = ['debug', 'verbose', 'log', 'warn', 'error', 'fatal'];
  return Object.fromEntries(
    levels.map((level) => [level, (...line: unknown[]) => tell(level, line)]),
  ) as unknown as LoggerService;
}
