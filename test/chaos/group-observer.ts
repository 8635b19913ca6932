import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosStage } from './chaos-stage.js';
import type { GroupSample } from './history.js';

/** How many pending entries a sample can hold; with more it says nothing. */
const LIMIT = 1_000;

const INTERVAL_MS = 200;

/** Asks Redis again and again, past the proxy, what each group has been given and not acknowledged. */
export class GroupObserver {
  readonly samples: GroupSample[] = [];
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly stage: ChaosStage,
    private readonly file: string,
  ) {
    this.running = this.run();
  }

  /** True where every group has been given everything, and has acknowledged it. */
  async isSettled(): Promise<boolean> {
    for (const stream of this.stage.streams) {
      const [newest] = await this.stage.admin.xrevrange(stream, '+', '-', 'COUNT', 1);
      const samples = await this.look(stream);
      const settled = samples.filter(
        ({ lastDeliveredId, pending }) => pending.size === 0 && lastDeliveredId === newest?.[0],
      );
      if (settled.length < this.listeners.length) return false;
    }
    return true;
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private get listeners(): string[] {
    return this.stage.cast.map(({ listener }) => listener);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        for (const stream of this.stage.streams) this.keep(await this.look(stream));
      } catch {
        // Redis is down or refuses: nothing to see until it is back.
      }
      await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(stream: string): Promise<GroupSample[]> {
    const { admin } = this.stage;
    const transaction = admin.multi().xinfo('GROUPS', stream);
    for (const listener of this.listeners) {
      transaction.xpending(stream, this.stage.groupOf(listener), '-', '+', LIMIT);
    }
    const [groups, ...pending] = (await transaction.exec()) ?? [];
    const at = Date.now();
    if (!groups || groups[0]) throw groups?.[0] ?? new Error('no reply');
    const found = (groups[1] as unknown[][]).map(toMap);
    return this.listeners.flatMap((listener, i) => {
      const group = found.find((it) => it.get('name') === this.stage.groupOf(listener));
      const [error, entries] = pending[i] ?? [];
      const ids = (entries ?? []) as [string][];
      if (!group || error || ids.length === LIMIT) return [];
      const lastDeliveredId = String(group.get('last-delivered-id'));
      return [{ stream, listener, at, lastDeliveredId, pending: new Set(ids.map(([id]) => id)) }];
    });
  }

  private keep(samples: readonly GroupSample[]): void {
    this.samples.push(...samples);
    const lines = samples.map((it) => JSON.stringify({ ...it, pending: [...it.pending] }));
    if (lines.length > 0) appendFileSync(this.file, `${lines.join('\n')}\n`);
  }
}

function toMap(flat: unknown[]): Map<unknown, unknown> {
  const entries = flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]] as const] : []));
  return new Map(entries);
}
