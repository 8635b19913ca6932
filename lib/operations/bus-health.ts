import { setTimeout as delay } from 'node:timers/promises';
import type { ResolvedConfig } from '../config/settings/settings.js';
import type { ListenerState } from '../lifecycle/listener-consumer.js';
import type { Projections } from '../projections/projections.js';
import type { EventStore } from '../store/event-store.js';
import type { GroupDetails } from '../store/inspection.js';
import type { Stores } from '../store/stores.js';
import { clock } from '../timing/clock.js';
import { inContext } from '../redis/in-context.js';
import { parseStreamName } from '../wire/stream-names.js';
import {
  DEFAULT_THRESHOLDS,
  judgeListener,
  toListenerHealth,
  type HealthThresholds,
  type ListenerHealth,
} from './listener-health.js';
import type { Listeners } from './listeners.js';

/** How the bus fares in this process. */
export interface BusHealthReport {
  /** `down`: the bus can't be used, or a part of this process has stopped for good. */
  readonly status: 'up' | 'down';
  /** Every reason why it is down. */
  readonly message?: string;
  /** What a human should look at, though the bus can be used: a line each. */
  readonly degraded: readonly string[];
  /** By the names of this process's listeners. */
  readonly listeners: Readonly<Record<string, ListenerHealth>>;
}

/** What {@link BusHealth} looks at. */
export interface HealthParts {
  readonly stores: Pick<Stores, 'all' | 'forApi' | 'refused'>;
  readonly projections: Pick<Projections, 'failures'>;
  readonly listeners: Pick<Listeners, 'list'>;
  readonly config: Pick<ResolvedConfig, 'apiNames'>;
}

interface Looked {
  /** By the names of listeners; absent for those whose streams could not be looked at. */
  readonly groups: ReadonlyMap<string, readonly GroupDetails[]>;
  /** What could not be looked at. */
  readonly problems: readonly string[];
}

/** Judges whether the bus can be used, and whether its listeners get on. */
export class BusHealth {
  private readonly thresholds: Required<HealthThresholds>;

  constructor(
    private readonly parts: HealthParts,
    thresholds: HealthThresholds = {},
  ) {
    const given = Object.entries(thresholds).filter(([, value]) => value !== undefined);
    this.thresholds = { ...DEFAULT_THRESHOLDS, ...Object.fromEntries(given) };
  }

  /** Asks every store that is in use, and looks at the listeners. Never rejects. @param timeoutMs for all of it. */
  async check(timeoutMs: number): Promise<BusHealthReport> {
    const end = clock.now() + timeoutMs;
    const states = this.parts.listeners.list();
    const unreachable = await this.unreachable(timeoutMs).catch((error: unknown) => [
      messageOf(error),
    ]);
    const isUsable = unreachable.length === 0;
    const looked: Looked =
      isUsable && states.length > 0
        ? await this.look(states, Math.max(1, end - clock.now()))
        : { groups: new Map(), problems: [] };
    const stopped = [
      ...this.parts.projections.failures().map(({ message }) => `${message}.`),
      ...states.flatMap((state) => describeStopped(state) ?? []),
    ];
    const reasons = [...unreachable, ...stopped];
    const listeners = this.healthOf(states, looked);
    const degraded = [
      ...[...listeners].flatMap(([name, health]) =>
        judgeListener(name, health, looked.groups.get(name) ?? [], this.thresholds),
      ),
      ...[...this.parts.stores.refused].map(([stream, reason]) => {
        return `events can't be stored on '${stream}': ${reason}`;
      }),
      ...looked.problems,
    ];
    return {
      status: reasons.length > 0 ? 'down' : 'up',
      ...(reasons.length > 0 && { message: reasons.join(' ') }),
      ...{ degraded, listeners: Object.fromEntries(listeners) },
    };
  }

  private healthOf(states: readonly ListenerState[], { groups }: Looked) {
    const isCounted = Number.isFinite(this.thresholds.lag);
    return new Map(
      states.map((state) => {
        return [state.name, toListenerHealth(state, groups.get(state.name), isCounted)] as const;
      }),
    );
  }

  /** Looks at each stream of the listeners once. */
  private async look(states: readonly ListenerState[], timeoutMs: number): Promise<Looked> {
    const refs = states.flatMap(({ name, streams }) => streams.map((ref) => ({ name, ref })));
    const streams = [...new Set(refs.map(({ ref }) => ref.stream))];
    const groups = new Map<string, GroupDetails[]>();
    const looking = streams.map(async (stream) => {
      const readers = refs.filter(({ ref }) => ref.stream === stream);
      const found = await this.inspect(
        stream,
        readers.map(({ ref }) => ref.group),
      );
      for (const { name, ref } of readers) {
        const group = found.find((one) => one.name === ref.group);
        if (group) groups.set(name, [...(groups.get(name) ?? []), group]);
      }
    });
    const done = new AbortController();
    const late = delay(timeoutMs, ['the listeners could not be looked at in time'], done);
    // Whatever of them loses the race has nobody to tell.
    late.catch(() => undefined);
    const all = Promise.all(
      looking.map((one) =>
        one.then(
          () => undefined,
          (error: unknown) => messageOf(error),
        ),
      ),
    );
    const problems = await Promise.race([
      all.then((found) => found.filter((problem) => problem !== undefined)),
      late,
    ]);
    done.abort();
    return { groups, problems: [...new Set(problems)] };
  }

  private async inspect(
    stream: string,
    groups: readonly string[],
  ): Promise<readonly GroupDetails[]> {
    const { lag } = this.thresholds;
    const apiName = parseStreamName(stream)?.apiName ?? 'default';
    const { store } = this.parts.stores.forApi(apiName);
    const what = `Looking at the listeners of '${stream}'`;
    // One more tells that there are too many.
    const countUpTo = Number.isFinite(lag) ? lag + 1 : 0;
    const looking = store.inspect(stream, { groups, countUpTo });
    return (await inContext(what, store.description, looking))?.groups ?? [];
  }

  /**
   * Why stores can't be used.
   *
   * @throws ConfigurationError in a test that may not use Redis.
   */
  private async unreachable(timeoutMs: number): Promise<string[]> {
    const results = await Promise.allSettled(this.inUse().map((store) => ask(store, timeoutMs)));
    return results.flatMap((result) =>
      result.status === 'rejected' ? [messageOf(result.reason)] : [],
    );
  }

  // A process without events and listeners of its own, such as one that only reads history, has
  // connected to nothing yet.
  private inUse(): EventStore[] {
    const { stores, config } = this.parts;
    if (stores.all().length === 0) {
      const configured = config.apiNames.length > 0 ? config.apiNames : ['default'];
      configured.forEach((apiName) => stores.forApi(apiName));
    }
    return stores.all();
  }
}

function describeStopped({ name, status, failing }: ListenerState): string | undefined {
  if (status !== 'stopped') return undefined;
  const why = failing ? ` It had failed since ${failing.since.toISOString()}.` : '';
  return `Listener '${name}' has stopped in this process.${why}`;
}

async function ask(store: EventStore, timeoutMs: number): Promise<void> {
  const end = clock.now() + timeoutMs;
  await store.connect(timeoutMs);
  const done = new AbortController();
  const timeout = delay(Math.max(0, end - clock.now()), undefined, done).then(() => {
    throw new Error(`${store.description} is connected, but gave no answer in ${timeoutMs} ms.`);
  });
  try {
    // A connection can be open to a server that hangs. What is answered doesn't matter here.
    await Promise.race([store.audit(), timeout]);
  } finally {
    done.abort();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
