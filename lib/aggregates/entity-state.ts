import { storedMessage } from '../bus/stored-message.js';
import type { EntityEntry } from '../store/read-entity.js';
import { deserializeEntry } from '../store/read-history.js';
import type { AggregateDefinition } from './aggregate-definition.js';
import type { CarriedState, StateText } from './state-text.js';

/** Up to which event of its entity a state was made. */
export interface StatePoint {
  /** How many events the entity has by then. */
  readonly version: number;
  /** Entry id of the last of them; `undefined` where there is none. */
  readonly nativeId: string | undefined;
}

/** A state that was kept, and up to where it was made. */
export interface KeptState extends StatePoint {
  readonly state: unknown;
  /** What it was read from, to read it again. */
  readonly text: string;
}

/** What is told of events while a state is made of them. */
export interface StateNews {
  /** What deserves a warning in the log. */
  warn(text: string): void;
  /** An event of the entity is none of those that its aggregate is made of. */
  skipped(eventName: string): void;
}

/** The state of one entity while it is made of events, one after the other. */
export class EntityState<S> implements StatePoint {
  version = 0;
  nativeId: string | undefined;
  /** Version of the snapshot that it began with, or that was made of it. */
  keptVersion = 0;
  private current: S;
  /** What it was the last time that it was a text; `undefined` where it is to be made again from the first event on. */
  private text: string | undefined;
  /** The events that it was made of since then, to make it again; `undefined` where nobody will ask for that. */
  private entries: EntityEntry[] | undefined;

  /**
   * @param kept where to begin.
   * @param willBeCopied whether {@link copy} will be called.
   */
  constructor(
    private readonly definition: AggregateDefinition<S>,
    private readonly texts: StateText,
    private readonly news: StateNews,
    kept: KeptState | undefined,
    willBeCopied: boolean,
  ) {
    this.current = kept ? (kept.state as S) : definition.initial();
    this.version = this.keptVersion = kept?.version ?? 0;
    this.nativeId = kept?.nativeId;
    this.text = kept?.text;
    if (willBeCopied) this.entries = [];
  }

  /** The state itself: to be given away at the end only. */
  get state(): S {
    return this.current;
  }

  /** Whether a stored event is the last one that it was made of. */
  endsWith({ nativeId, sequence }: EntityEntry): boolean {
    return nativeId === this.nativeId && sequence === this.version;
  }

  /** Goes on by a stored event. */
  add(entry: EntityEntry): void {
    this.current = this.evolve(this.current, entry);
    this.entries?.push(entry);
    this.version = entry.sequence;
    this.nativeId = entry.nativeId;
  }

  /** A state that is equal, and shares nothing with it: whatever is done to that, nothing is done to this. */
  copy(): S {
    const carried = this.texts.carry(this.current);
    if ('text' in carried) {
      this.text = carried.text;
      this.entries = [];
      return carried.copy as S;
    }
    let state =
      this.text === undefined ? this.definition.initial() : (this.texts.read(this.text) as S);
    for (const entry of this.entries ?? []) state = this.evolve(state, entry);
    return state;
  }

  /** The state as a text, or in words why it can be none. */
  carry(): CarriedState | { readonly fault: string } {
    return this.texts.carry(this.current);
  }

  private evolve(state: S, entry: EntityEntry): S {
    // Anew each time: who is given it may change it.
    const { content, ...place } = deserializeEntry(entry);
    if (content.kind !== 'event') return state;
    const type = this.definition.events.get(content.eventName);
    if (!type) {
      this.news.skipped(content.eventName);
      return state;
    }
    const arrival = { isReplay: true, sequence: entry.sequence };
    const warn = (text: string) => this.news.warn(text);
    return this.definition.evolve(
      state,
      storedMessage(content, place, { type, cast: true, arrival, warn }),
    );
  }
}
