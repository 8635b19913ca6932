import type { GroupRef } from '../../store/consumer-groups.js';
import type { GroupState, StreamFacts, VanishedHistory } from '../../store/group-state.js';
import type { EventStore } from '../../store/event-store.js';
import type { TellNews } from '../reading-news.js';
import { judge, type Baseline } from './vanished-history.js';

/** What of history is lost, or may be: see `ReadingNews`. */
type LossKind = 'vanished' | 'skipped';

/**
 * Finds out, from what a stream and a group look like from time to time, which history has vanished, and
 * tells each loss once, whichever process of the group noticed it; twice, if that one was lost just then.
 */
export class LossWatch {
  constructor(
    private readonly store: EventStore,
    private readonly ref: GroupRef,
    private readonly tellNews: TellNews,
  ) {}

  /** The group was opened: tells what that has found. @throws TransportError once all is told. */
  async opened({ vanished, skipped }: Pick<GroupState, LossKind>): Promise<void> {
    await Promise.all([
      vanished && this.tell('vanished', vanished),
      skipped && this.tell('skipped', skipped),
    ]);
  }

  /**
   * @param ahead how many entries follow what the group was handed out last, if they were counted.
   * @throws TransportError
   */
  async judge(facts: StreamFacts, ahead: number | null): Promise<void> {
    const group = facts.groups.get(this.ref.group);
    if (!group) return;
    const { vanished, isCounted, baseline } = judge(
      parseBaseline(group.baseline),
      { ...facts, ...group },
      ahead,
    );
    const text = JSON.stringify(baseline);
    if (text === group.baseline && !group.remade) return;
    const isForeign =
      vanished !== null && isCounted && (await this.store.hasForeignConsumers(this.ref));
    const loss = isForeign ? null : vanished;
    const moved = await this.store.moveBaseline(this.ref, group.baseline, text, loss);
    if (loss && moved) await this.tell('vanished', loss);
  }

  private async tell(kind: LossKind, range: VanishedHistory): Promise<void> {
    this.tellNews({ kind, ref: this.ref, range });
    await this.store.told(this.ref, kind, range);
  }
}

function parseBaseline(text: string | null): Baseline | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isBaseline(value) ? value : null;
  } catch {
    // Somebody else's field: what we write is JSON.
    return null;
  }
}

function isBaseline(value: unknown): value is Baseline {
  const { lastDeliveredId, after, rank, added, removed, delivered, last } = (value ??
    {}) as Partial<Baseline>;
  return (
    typeof lastDeliveredId === 'string' &&
    typeof after === 'string' &&
    typeof last === 'string' &&
    typeof added === 'number' &&
    typeof removed === 'number' &&
    typeof delivered === 'number' &&
    (typeof rank === 'number' || rank === null)
  );
}
