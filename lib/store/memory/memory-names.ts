import { formatEntryId } from '../../wire/entry-id.js';
import type { Holder, InterruptedConsumer } from '../consumer-groups.js';
import type { Interrupted } from '../group-state.js';
import { positionOf } from '../positions.js';

/** Consumers' names of one group in memory: who has which, and what those who are gone were handling. */
export class MemoryNames {
  /** Who has which consumer's name. */
  readonly holders = new Map<string, Holder>();
  /** Which entry consumers wait to try again. */
  private readonly waiting = new Map<string, bigint>();
  /** What consumers were handling when the first of their entries was taken over, since their names were taken. */
  private readonly interrupted = new Map<string, bigint>();

  /** @param oldestOf the oldest entry that is pending with a consumer. */
  constructor(private readonly oldestOf: (consumer: string) => bigint | undefined) {}

  /** Takes a name for a process. @returns what the one before was handling when it stopped. */
  hold(consumer: string, holder: Holder): Interrupted | null {
    const isSame = this.holders.get(consumer)?.token === holder.token;
    const interrupted = isSame ? null : this.interruptedBy(consumer);
    if (!isSame) {
      this.waiting.delete(consumer);
      this.interrupted.delete(consumer);
    }
    this.holders.set(consumer, holder);
    return interrupted;
  }

  /** Gives a name up. */
  release(consumer: string): void {
    this.holders.delete(consumer);
    this.waiting.delete(consumer);
  }

  /** Notes that a consumer waits to try an entry again; `undefined`: that it waits no longer. */
  wait(consumer: string, position: bigint | undefined): void {
    if (position === undefined) this.waiting.delete(consumer);
    else this.waiting.set(consumer, position);
  }

  /** What a consumer was handling when it stopped. */
  interruptedBy(consumer: string): Interrupted | null {
    const known = this.interrupted.get(consumer);
    if (known !== undefined) return { nativeId: formatEntryId(known), isKnown: true };
    const oldest = this.oldestOf(consumer);
    if (oldest === undefined) return null;
    return {
      nativeId: formatEntryId(oldest),
      isKnown: this.waiting.get(consumer) === oldest,
    };
  }

  /** Remembers it, before the first of its entries is taken over. @returns it, where nobody has counted it. */
  markInterrupted(consumer: string): InterruptedConsumer[] {
    const holder = this.holders.get(consumer);
    const began = this.interruptedBy(consumer);
    if (!holder || !began) return [];
    const { nativeId, isKnown } = began;
    this.interrupted.set(consumer, positionOf(nativeId));
    return isKnown ? [] : [{ consumer, token: holder.token, nativeId }];
  }

  /** A consumer whose entries were taken over lives. */
  livesOn(consumer: string): void {
    this.interrupted.delete(consumer);
  }
}
