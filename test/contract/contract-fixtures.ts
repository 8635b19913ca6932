import type { AppendOptions, EventStore } from '../../lib/store/event-store.js';
import { LossWatch } from '../../lib/reading/losses/loss-watch.js';
import type { Holder, Member, GroupRef } from '../../lib/store/consumer-groups.js';
import type { GroupState, OpenGroupOptions, VanishedHistory } from '../../lib/store/group-state.js';
import type { FlatFields, StoredEntry } from '../../lib/store/entries.js';
import { uniqueName } from '../support/redis-server.js';

/** What one test of the contract works on. */
export interface StoreUnderTest {
  /** Connected. */
  readonly store: EventStore;
  /** Another one on the same streams, as another process has it. May be the same object. */
  readonly other: EventStore;
  /** Deletes the data of an entry and of all older ones. May append an entry of no interest. */
  deleteUpTo(stream: string, nativeId: string): Promise<void>;
  /** Deletes what is known of the entities of a stream, if that is something apart. */
  deleteIndex(stream: string): Promise<void>;
  /** Closes both. Called after the test, also if that has closed them. */
  cleanup(): Promise<void>;
}

/** The stores of the running test. */
export type Current = () => StoreUnderTest;

export const KEEP_ALL: AppendOptions = { maxLength: null, timeoutMs: 10_000 };

/** Bounds of a whole stream. */
export const ALL = { start: '-', end: '+', count: 100_000 } as const;

/** A stream that no other test uses, named as Lightbus names the stream of an API. */
export function newStream(): string {
  return `${uniqueName('contract')}.*:stream`;
}

/** A consumer in the name of a process of its own. */
export function consumerOf(stream: string, consumer = 'w1', group = 'shop-stock'): Member {
  return { stream, group, consumer, holder: holderOf(`${stream}/${consumer}`) };
}

/** What the process with this token says of itself. */
export function holderOf(token: string): Holder {
  return { token, host: 'a "host" 🚌', pid: 1, since: '2026-01-02T03:04:05.678Z' };
}

/** The same name, in the hands of another process. */
export function heldBy(member: Member, token: string): Member {
  return { ...member, holder: holderOf(`${member.stream}/${token}`) };
}

/** Looks for lost history as a reader does: when it opens its group, and from time to time. */
export class LossLooker {
  private readonly told: VanishedHistory[] = [];
  private readonly watch: LossWatch;

  constructor(
    private readonly store: EventStore,
    private readonly member: Member,
  ) {
    this.watch = new LossWatch(store, member, (news) => {
      if (news.kind === 'vanished') this.told.push(news.range);
    });
  }

  get stream(): string {
    return this.member.stream;
  }

  /** Opens the group. @returns its state, and what was told. */
  async open(
    options: OpenGroupOptions = { since: '0' },
  ): Promise<GroupState & { told: VanishedHistory[] }> {
    const state = await this.store.openGroup(this.member, options);
    await this.watch.opened(state);
    await this.watch.judge(state.facts, state.created ? state.ahead : null);
    return { ...state, told: this.told.splice(0) };
  }

  /** @returns what was told. */
  async look(): Promise<VanishedHistory[]> {
    const facts = await this.store.look(this.member.stream, [this.member.group]);
    if (facts) await this.watch.judge(facts, null);
    return this.told.splice(0);
  }
}

/** The smallest entry that carries a value. */
export function entry(value: string | number): FlatFields {
  return ['value', String(value)];
}

/** Appends one entry per value, in one step. */
export function append(
  store: EventStore,
  stream: string,
  ...values: (string | number)[]
): Promise<string[]> {
  return store.append(stream, values.map(entry), KEEP_ALL);
}

/** Ids of entries. */
export function ids(entries: readonly StoredEntry[]): string[] {
  return entries.map(({ nativeId }) => nativeId);
}

/** Values of entries made by {@link entry}. */
export function values(entries: readonly StoredEntry[]): (string | undefined)[] {
  return entries.map(({ fields }) => fields?.[1]);
}

/** An id's two numbers, exactly. */
export function idParts(nativeId: string): [ms: bigint, sequence: bigint] {
  const [ms = '', sequence = ''] = nativeId.split('-');
  return [BigInt(ms), BigInt(sequence)];
}

/** What protocols and databases tend to damage. */
export const AWKWARD_FIELDS: FlatFields = [
  'empty',
  '',
  '',
  'a field without a name',
  'lines',
  'one\ntwo\r\nthree\r',
  'nul',
  'before\0after',
  'emoji 🚌',
  '👩‍👩‍👧 \u{1F6CD}',
  'control',
  '\u0001\u001b\u007f\ufeff\u2028',
  'resp',
  '$5\r\n*-1\r\n:1\r\n',
  'json',
  '{"a": "b\\n"}',
  'number',
  '9007199254740993',
  '__proto__',
  'a name with a meaning',
  'twice',
  'first',
  'twice',
  'second',
];

/** Drives all dead letters of a group again. */
export async function redriveAll(store: EventStore, ref: GroupRef): Promise<number> {
  const letters = await store.deadLetters(ref, ALL);
  return store.redrive(
    ref,
    letters.map(({ id, report }) => ({ id, nativeId: report?.nativeId ?? '' })),
  );
}
