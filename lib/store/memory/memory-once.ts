import type { FlatFields } from '../entries.js';
import { earliestOf, identityOf, mayBeUnremembered } from '../once.js';
import { positionOf } from '../positions.js';
import type { MemoryStream } from './memory-stream.js';

interface Remembered {
  readonly position: bigint;
  /** By the store's clock, ms. */
  readonly until: number;
}

/** Where the entries are that were stored 'once': Redis has a key for each. */
export class MemoryOnce {
  private readonly remembered = new Map<string, Remembered>();

  /** @param until by the store's clock, ms. */
  remember(stream: string, fields: FlatFields, position: bigint, until: number): void {
    const key = keyOf(stream, fields);
    // At the end, so that what is over first comes first.
    this.remembered.delete(key);
    this.remembered.set(key, { position, until });
  }

  /**
   * Position of an entry that is there already.
   *
   * @param now by the store's clock, ms.
   * @param withinMs how far back it is looked for where it isn't remembered; 0: not at all.
   */
  find(
    name: string,
    stream: MemoryStream,
    fields: FlatFields,
    now: number,
    withinMs: number,
  ): bigint | undefined {
    this.forget(now);
    const known = this.remembered.get(keyOf(name, fields));
    if (known && known.until > now) return known.position;
    if (withinMs === 0 || !mayBeUnremembered(fields)) return undefined;
    const newestMs = stream.lastPosition >> 64n;
    const identity = identityOf(fields);
    const start = positionOf(earliestOf([fields], newestMs, withinMs));
    return stream.findFrom(start, (stored) => identityOf(stored) === identity);
  }

  /** Forgets all. */
  clear(): void {
    this.remembered.clear();
  }

  private forget(now: number): void {
    for (const [key, { until }] of this.remembered) {
      if (until > now) return;
      this.remembered.delete(key);
    }
  }
}

// Names are free text: JSON keeps ('a', 'b c') apart from ('a b', 'c').
function keyOf(stream: string, fields: FlatFields): string {
  return JSON.stringify([stream, identityOf(fields)]);
}
