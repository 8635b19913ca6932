import type { Holder } from '../store/consumer-groups.js';
import type { EventStore } from '../store/event-store.js';
import { Presence } from './membership/presence.js';
import { StreamWatch } from './losses/stream-watch.js';

/** What the readers of this process share: one sign of life for each place, and one look at each stream. */
export class SharedReading {
  /** By the place, not the store: the sign of life is one key there. */
  private readonly presences = new Map<string, Presence>();
  private readonly watches = new Map<EventStore, Map<string, StreamWatch>>();

  /** @param holder this process, as holder of consumers' names. */
  constructor(readonly holder: Holder) {}

  /** This process, towards the place of a store. */
  presenceIn(store: EventStore): Presence {
    const presence = this.presences.get(store.place) ?? new Presence(store, this.holder);
    this.presences.set(store.place, presence);
    return presence;
  }

  /** Who looks at a stream. @param intervalMs at least so often; that of the first who asks. */
  watchOf(store: EventStore, stream: string, intervalMs: number): StreamWatch {
    const watches = this.watches.get(store) ?? new Map<string, StreamWatch>();
    this.watches.set(store, watches);
    let watch = watches.get(stream);
    if (!watch) {
      watch = new StreamWatch(store, stream, this.presenceIn(store), intervalMs);
      watches.set(stream, watch);
    }
    return watch;
  }
}
