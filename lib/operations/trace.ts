import type { SideData } from '../event/side-data.js';
import type { SourceEntry } from '../store/read-history.js';
import { deserialize } from '../wire/by-field.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { idOf, sideOf } from '../wire/one-field.js';

/** An event of a trace, without its payload. */
export interface TracedEvent extends Partial<SideData> {
  readonly id: string;
  readonly apiName: string;
  readonly eventName: string;
  readonly version: number;
  readonly nativeId: string;
  readonly stream: string;
}

/** What belongs to an id. */
export interface FoundTrace {
  readonly events: TracedEvent[];
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** Reads all streams as one, in the order of entry ids or against it, up to an entry id: `+` for all. */
export type ReadAll = (reverse: boolean, end: string) => AsyncIterable<readonly SourceEntry[]>;

/**
 * The events that belong to an id: the one that has it, all of its correlation id, what has caused any of these, and
 * what these have caused.
 *
 * All streams are read from one end to the other and back, until nothing is found any more: a cause is stored before
 * what it causes, so that reading on finds what follows, and reading back what has led to it. (Not so within one
 * millisecond: entry ids of several streams don't say what came first. So each is looked at as a whole.) Nearly always the
 * first way finds all, and the second one shows that. Kept are the events of the trace, and nothing of others.
 *
 * @param mostWays how often to read at most: strangers can write a chain that goes to and fro at each step.
 */
export async function collectTrace(id: string, read: ReadAll, mostWays = 50): Promise<FoundTrace> {
  const trace = new Trace(id);
  let end = '+';
  for (let way = 0; way < mostWays; way++) {
    const [known, reverse] = [trace.known, way % 2 === 1];
    let newest = '0-0';
    const together = new Together(trace);
    for await (const page of read(reverse, end)) {
      for (const entry of page) {
        together.add(entry);
        if (compareEntryIds(entry.nativeId, newest) > 0) newest = entry.nativeId;
      }
    }
    together.look();
    // What is stored meanwhile could go on for ever.
    if (end === '+') end = newest;
    if (trace.known === known) return { events: trace.events, isWhole: true };
  }
  return { events: trace.events, isWhole: false };
}

/** How many entries of one millisecond are kept, and their characters: strangers can give any number the ids of one. */
const MOST_TOGETHER = 1_000;
const MOST_CHARACTERS = 4_000_000;

/** Entries of one millisecond, which are looked at until no more of them is found. */
class Together {
  private readonly entries: ReadEntry[] = [];
  private characters = 0;
  private ms = '';

  constructor(private readonly trace: Trace) {}

  add(entry: SourceEntry): void {
    const ms = entry.nativeId.split('-', 1)[0] ?? '';
    const isFull = this.entries.length >= MOST_TOGETHER || this.characters >= MOST_CHARACTERS;
    if (ms !== this.ms || isFull) this.look();
    this.ms = ms;
    this.entries.push(readEntry(entry));
    for (const text of entry.fields ?? []) this.characters += text.length;
  }

  look(): void {
    const { entries, trace } = this;
    let known;
    do {
      known = trace.known;
      for (const entry of entries) trace.look(entry);
    } while (entries.length > 1 && trace.known !== known);
    entries.length = 0;
    this.characters = 0;
  }
}

/** What of an entry says whether it belongs to a trace. */
interface ReadEntry {
  readonly entry: SourceEntry;
  readonly id: string;
  readonly side: SideData | undefined;
}

function readEntry(entry: SourceEntry): ReadEntry {
  const fields = entry.fields ?? [];
  return { entry, id: idOf(fields) || entry.nativeId, side: sideOf(fields) };
}

class Trace {
  private readonly members = new Map<string, TracedEvent>();
  private readonly correlationIds = new Set<string>();
  /** Ids of events whose effects belong to it. */
  private readonly causes = new Set<string>();
  /** Ids of events that have caused some that belong to it. */
  private readonly wanted = new Set<string>();

  constructor(private readonly id: string) {
    this.correlationIds.add(id);
  }

  get events(): TracedEvent[] {
    return [...this.members.values()];
  }

  /** Grows as long as more becomes known. */
  get known(): number {
    return this.members.size + this.correlationIds.size + this.causes.size + this.wanted.size;
  }

  look({ entry, id, side }: ReadEntry): void {
    const { stream, nativeId, fields } = entry;
    const { correlationId = id, causationId } = side ?? {};
    if (id === this.id) this.correlationIds.add(correlationId);
    const isOwn =
      this.correlationIds.has(correlationId) || this.correlationIds.has(id) || id === this.id;
    const isEffect = causationId !== undefined && this.causes.has(causationId);
    const isCause = this.wanted.has(id);
    if (!isOwn && !isEffect && !isCause) return;
    const key = `${stream} ${nativeId}`;
    if (!this.members.has(key)) {
      const content = deserialize(fields ?? [], stream, nativeId);
      if (content.kind !== 'event') return;
      const { apiName, eventName, version } = content;
      const facts = { firedAt: side?.firedAt, correlationId: side?.correlationId, causationId };
      this.members.set(key, { id, apiName, eventName, version, nativeId, stream, ...facts });
    }
    if (isOwn || isEffect) this.causes.add(id);
    if (causationId !== undefined && (isOwn || isCause)) this.wanted.add(causationId);
  }
}
