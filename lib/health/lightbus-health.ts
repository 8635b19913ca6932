import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import { Projections } from '../projections/projections.js';
import type { EventStore } from '../store/event-store.js';
import { Stores } from '../store/stores.js';
import { clock } from '../timing/clock.js';

/** A health check's result in the shape of `@nestjs/terminus`: `{ lightbus: { status: 'up' } }`. */
export type LightbusHealthResult<Key extends string = 'lightbus'> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly message?: string }
>;

/**
 * Tells whether the bus can be used. Add it to the providers of a health module and call it from
 * `@nestjs/terminus` or from a controller of your own.
 */
@Injectable()
export class LightbusHealth {
  constructor(
    private readonly stores: Stores,
    private readonly projections: Projections,
    @Inject(RESOLVED_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  /**
   * Asks every store that is in use, and waits for its answer; where none is, those of the
   * configured APIs. Never rejects.
   *
   * @param key name of the result. @default 'lightbus'
   * @param timeoutMs how long to wait for connection and answer, ms. @default 1000
   * @returns `down` with every reason where a store can't be reached or doesn't answer, and
   *   where a projection has failed.
   */
  async check<Key extends string = 'lightbus'>(
    key = 'lightbus' as Key,
    timeoutMs = 1_000,
  ): Promise<LightbusHealthResult<Key>> {
    const unreachable = await this.unreachable(timeoutMs).catch((error: unknown) => [
      messageOf(error),
    ]);
    const stopped = this.projections.failures().map(({ message }) => `${message}.`);
    const reasons = [...unreachable, ...stopped];
    const result =
      reasons.length > 0
        ? { status: 'down' as const, message: reasons.join(' ') }
        : { status: 'up' as const };
    return { [key]: result } as LightbusHealthResult<Key>;
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
    const { apiNames } = this.config;
    if (this.stores.all().length === 0) {
      const configured = apiNames.length > 0 ? apiNames : ['default'];
      configured.forEach((apiName) => this.stores.forApi(apiName));
    }
    return this.stores.all();
  }
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
