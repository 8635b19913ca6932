import type { GroupRef, StreamFacts, VanishedHistory } from '../store/consumer-groups.js';
import type { EventStore } from '../store/event-store.js';
import { judge, type Baseline } from './vanished-history.js';

/** Finds out, from what a stream and a group look like from time to time, which history has vanished. */
export class LossWatch {
  /** @param vanished is told each loss once, whichever process of the group noticed it. */
  constructor(
    private readonly store: EventStore,
    private readonly ref: GroupRef,
    private readonly vanished: (range: VanishedHistory) => void,
  ) {}

  /**
   * @param ahead how many entries follow the group's position, if they were counted.
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
    if (text === group.baseline) return;
    const isTold =
      vanished !== null && !(isCounted && (await this.store.hasForeignConsumers(this.ref)));
    const moved = await this.store.moveBaseline(this.ref, group.baseline, text);
    if (isTold && moved) this.vanished(vanished);
  }
}

function parseBaseline(text: string | null): Baseline | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isBaseline(value) ? { ...value, after: value.after ?? value.position } : null;
  } catch {
    // Somebody else's field: what we write is JSON.
    return null;
  }
}

/** One that older code has stored has no `after`. */
type StoredBaseline = Omit<Baseline, 'after'> & Partial<Pick<Baseline, 'after'>>;

function isBaseline(value: unknown): value is StoredBaseline {
  const { position, after, rank, removed, delivered, last } = (value ?? {}) as Partial<Baseline>;
  return (
    typeof position === 'string' &&
    (typeof after === 'string' || after === undefined) &&
    typeof last === 'string' &&
    typeof removed === 'number' &&
    typeof delivered === 'number' &&
    (typeof rank === 'number' || rank === null)
  );
}
