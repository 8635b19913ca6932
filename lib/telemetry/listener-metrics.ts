import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { Listeners } from '../operations/listeners.js';
import type { EventStore } from '../store/event-store.js';
import type { GroupDetails } from '../store/inspection.js';
import type { Stores } from '../store/stores.js';
import { within } from '../timing/within.js';
import { parseStreamName } from '../wire/stream-names.js';
import { ATTRIBUTE } from './attributes.js';

/** How long a collection waits for all looks together, ms. */
const PATIENCE_MS = 5_000;

/** How many streams are looked at at a time: each may take a page of entries. */
const SIDE_BY_SIDE = 10;

/** A stream, and the groups on it that listeners of this process are, with the listeners' names. */
interface Watched {
  readonly store: EventStore;
  readonly stream: string;
  readonly listeners: Map<string, string>;
}

/** What was found of a listener on one stream. */
interface Found {
  readonly attributes: Attributes;
  readonly group: GroupDetails;
}

/** What is measured of a listener on one stream. `undefined` where it isn't known. */
const MEASURES: Readonly<Record<string, (group: GroupDetails) => number | undefined>> = {
  'lightbus.listener.lag': ({ undelivered }) => undelivered?.count,
  'lightbus.listener.pending': ({ pending }) => pending,
  'lightbus.listener.oldest_pending_age': ({ oldestPending }) =>
    oldestPending === null ? 0 : secondsOf(oldestPending.pendingMs),
  'lightbus.listener.dead_letters': ({ deadLetters }) => deadLetters,
  'lightbus.listener.oldest_dead_letter_age': ({ oldestDeadLetterAt }) =>
    oldestDeadLetterAt === null ? 0 : secondsSince(oldestDeadLetterAt),
  'lightbus.listener.failing': ({ failures }) => failures.length,
  'lightbus.history.lost': ({ lost }) => lost?.times ?? 0,
};

/**
 * Measures this process's listeners whenever metrics are collected: one look at each stream, for all of them. What
 * can't be looked at in time is left out (of which OpenTelemetry's SDK then repeats what it knew last), and the rest is
 * told all the same.
 */
export class ListenerMetrics {
  private readonly observables: ReadonlyMap<string, Observable>;
  private looking?: Promise<readonly Found[]>;

  constructor(
    private readonly meter: Meter,
    private readonly listeners: Pick<Listeners, 'list'>,
    private readonly stores: Stores,
    private readonly tell: (error: unknown) => void,
  ) {
    this.observables = createObservables(meter);
    meter.addBatchObservableCallback(this.observe, [...this.observables.values()]);
  }

  /** Measures nothing any more. */
  close(): void {
    this.meter.removeBatchObservableCallback(this.observe, [...this.observables.values()]);
  }

  private readonly observe = async (result: BatchObservableResult): Promise<void> => {
    // Several readers may collect at the same time.
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    for (const { attributes, group } of await this.looking) {
      for (const [name, observable] of this.observables) {
        const value = MEASURES[name]?.(group);
        if (value !== undefined) result.observe(observable, value, attributes);
      }
    }
  };

  /** Never rejects. */
  private async look(): Promise<readonly Found[]> {
    const found: Found[] = [];
    const streams = this.watched();
    const lookAtAll = async () => {
      while (streams.length > 0) {
        const some = streams.splice(0, SIDE_BY_SIDE);
        await Promise.all(some.map((one) => this.lookAt(one, found)));
      }
    };
    await within(lookAtAll(), PATIENCE_MS).catch(this.tell);
    streams.length = 0;
    return [...found];
  }

  private async lookAt({ store, stream, listeners }: Watched, found: Found[]): Promise<void> {
    try {
      const state = await store.inspect(stream, { groups: [...listeners.keys()] });
      for (const group of state?.groups ?? []) {
        const attributes = {
          [ATTRIBUTE.listener]: listeners.get(group.name),
          [ATTRIBUTE.destination]: stream,
          [ATTRIBUTE.group]: group.name,
        };
        found.push({ attributes, group });
      }
    } catch (error) {
      this.tell(error);
    }
  }

  private watched(): Watched[] {
    const streams = new Map<string, Watched>();
    for (const { name, streams: refs } of this.listeners.list()) {
      for (const { stream, group } of refs) {
        const { store } = this.stores.forApi(parseStreamName(stream)?.apiName ?? '');
        const watched = streams.get(stream) ?? { store, stream, listeners: new Map() };
        watched.listeners.set(group, name);
        streams.set(stream, watched);
      }
    }
    return [...streams.values()];
  }
}

function createObservables(meter: Meter): ReadonlyMap<string, Observable> {
  const gauge = (name: string, unit: string, description: string) =>
    [name, meter.createObservableGauge(name, { unit, description })] as const;
  const lost = 'lightbus.history.lost';
  return new Map<string, Observable>([
    gauge(
      'lightbus.listener.lag',
      '{event}',
      'Events that the listener has not been given yet, counted up to 10,000 where that takes reading them.',
    ),
    gauge(
      'lightbus.listener.pending',
      '{event}',
      'Events that the listener was given and that are not acknowledged.',
    ),
    gauge(
      'lightbus.listener.oldest_pending_age',
      's',
      'For how long the oldest event that is not acknowledged has been in hand; 0 where there is none.',
    ),
    gauge('lightbus.listener.dead_letters', '{event}', 'Events that were set aside.'),
    gauge(
      'lightbus.listener.oldest_dead_letter_age',
      's',
      'For how long the oldest event that was set aside has been so; 0 where there is none.',
    ),
    gauge(
      'lightbus.listener.failing',
      '{event}',
      'Events that the handler has failed at and that are tried again.',
    ),
    [
      lost,
      meter.createObservableCounter(lost, {
        unit: '{loss}',
        description: 'Losses of history before the listener had handled it.',
      }),
    ],
  ]);
}

function secondsOf(ms: number | null): number | undefined {
  return ms === null ? undefined : ms / 1000;
}

function secondsSince(date: Date): number {
  // The clock of Redis may be ahead of ours.
  return Math.max(0, new Date().getTime() - date.getTime()) / 1000;
}
