import { createHash } from 'node:crypto';
import { TransportError } from '../../errors.js';
import type { Script } from '../../redis/script.js';
import { unlessAborted } from '../../timing/unless-aborted.js';
import { formatEntryId, MAX_ENTRY_NUMBER } from '../../wire/entry-id.js';
import type { EntityPlace, EntityRef, EventKeys } from '../entities.js';
import type { RangeOptions } from '../entries.js';
import { parseEnd, parseStart } from '../positions.js';
import { indexKeys, type IndexKeys } from './keys.js';
import { ENTITY_PLACES, TAKE_IN } from './scripts.generated.js';
import { TakingPace, type BehindReply } from './taking-pace.js';

/** How often one call begins an index anew, at most. */
const MOST_BEGUN = 5;

/** Runs a script about a stream and its index. */
export type RunIndexScript = (
  script: Script,
  keys: IndexKeys,
  args: readonly (string | number)[],
) => Promise<unknown>;

/** See `lua/take-in.lua`. */
type Reply = ['untold'] | BehindReply | ['current', ...(string | number)[]];

/** What a service tells the index, and a short text that stands for it. */
export function toldOf(keys: EventKeys): { digest: string; json: string } {
  if (keys.size === 0) return { digest: '', json: '' };
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha1').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
  return { digest, json: JSON.stringify(Object.fromEntries(sorted)) };
}

/**
 * Brings an index up to date, step by step, so that Redis serves others in between. How far it has come stays on
 * Redis: who is interrupted goes on from there.
 *
 * @throws the signal's reason when it is aborted; `TransportError` where entries are deleted too often.
 */
export async function catchUp(
  stream: string,
  ours: EventKeys,
  run: RunIndexScript,
  signal?: AbortSignal,
): Promise<void> {
  await ask(TAKE_IN, stream, ours, [], run, signal);
}

/** `EventStore.eventKeys`, on Redis. */
export async function readEventKeys(
  stream: string,
  ours: EventKeys,
  run: RunIndexScript,
): Promise<EventKeys> {
  const [json] = await ask(TAKE_IN, stream, ours, [], run, undefined, 0);
  const told = JSON.parse(String(json)) as Record<string, string[]>;
  const all = Object.entries(told).map(([event, parameters]) => [event, parameters.at(-1) ?? '']);
  return new Map(all as [string, string][]);
}

/** `EventStore.entityPlaces`, on Redis: one script where the index is up to date. */
export async function readPlaces(
  stream: string,
  ours: EventKeys,
  { parameter, key }: EntityRef,
  { start, end, count, reverse = false }: RangeOptions,
  run: RunIndexScript,
  signal?: AbortSignal,
): Promise<EntityPlace[]> {
  const [from, to] = [parseStart(start), parseEnd(end)];
  if (from > to || count < 1) return [];
  const first = from === 0n ? '' : formatEntryId(from);
  const last = to === MAX_ENTRY_NUMBER ? '' : formatEntryId(to);
  const args = [parameter, key, first, last, Math.min(count, 1e9), reverse ? 1 : 0];
  const [sequence, ...nativeIds] = await ask(ENTITY_PLACES, stream, ours, args, run, signal);
  return nativeIds.map((nativeId, i) => {
    return { nativeId: String(nativeId), sequence: Number(sequence) + (reverse ? -i : i) };
  });
}

async function ask(
  script: Script,
  stream: string,
  ours: EventKeys,
  args: readonly (string | number)[],
  run: RunIndexScript,
  signal?: AbortSignal,
  most?: 0,
): Promise<(string | number)[]> {
  const { digest, json } = toldOf(ours);
  const keys = indexKeys(stream);
  let told = '';
  const pace = new TakingPace();
  for (let begun = 0; begun <= MOST_BEGUN;) {
    signal?.throwIfAborted();
    const [entries, bytes] = pace.limits;
    const asking = run(script, keys, [digest, told, most ?? entries, bytes, ...args]);
    const reply = (await unlessAborted(asking, signal)) as Reply;
    if (reply[0] === 'current') return reply.slice(1);
    if (reply[0] === 'untold') told = json;
    else {
      pace.note(reply);
      begun += reply[1];
    }
  }
  throw new TransportError(
    `The index of '${stream}' can't be built: entries of the stream are deleted or trimmed again and again ` +
      'while it is. Keep the entries of a stream whose entities are read, or try again later.',
  );
}
