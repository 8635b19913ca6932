import { runScript } from '../../redis/script.js';
import { eventNameOf, idOf } from '../../wire/one-field.js';
import type { FlatFields } from '../entries.js';
import type { AppendOnceOptions } from '../event-store.js';
import { concurrency } from '../expectation.js';
import { mayBeUnremembered } from '../once.js';
import type { AppendCommands } from './append-commands.js';
import { catchUp, toldOf } from './entity-index.js';
import { indexKeys, onceKey } from './keys.js';
import { OnceLook } from './once-look.js';
import { APPEND_EXPECTED, APPEND_ONCE } from './scripts.generated.js';
import { TakingPace, type BehindReply } from './taking-pace.js';

/** Where an entry is. */
export interface FoundOrStored {
  readonly nativeId: string;
  /** Whether it was there before. */
  readonly wasThere: boolean;
  /** The how many-th event of its entity it is, where an entity is expected to be as it is. */
  readonly sequence?: number;
}

/** What a script replies: where the entries are, or that the stream has to be looked through first. */
type Reply = FoundOrStored[] | 'look';

/**
 * Stores those entries that are not there yet, in order.
 *
 * What was stored 'once' before is known by a key, in the same script. Where an entry may be in the
 * stream without one, the stream is looked through up to its end, page by page, so that Redis serves
 * others in between; the script itself looks only at what has come in since the last page. If that is
 * more than a page, it does nothing, and looking goes on. The same is true of the index, where something
 * is expected of an entity.
 *
 * @param progress where earlier calls have stopped looking, their time being up: the same call goes on
 *   from there, so that one of them succeeds, however much there is to look through.
 * @returns where each of them is.
 * @throws ConcurrencyError
 */
export async function appendOnce(
  commands: AppendCommands,
  stream: string,
  entries: readonly FlatFields[],
  options: Pick<AppendOnceOptions, 'maxLength' | 'onceWithinMs' | 'areNew' | 'expected'>,
  progress: Map<string, string>,
): Promise<FoundOrStored[]> {
  const sought = options.areNew ? [] : entries.filter(mayBeUnremembered);
  const look = new OnceLook(commands, stream, sought, progress);
  if (sought.length > 0) await look.start(options.onceWithinMs);
  const send = options.expected ? sendExpected : sendOnce;
  for (;;) {
    const reply = await send(commands, stream, entries, options, look);
    if (reply !== 'look') {
      look.end();
      return reply;
    }
    await look.goOn();
  }
}

type Send = (
  commands: AppendCommands,
  stream: string,
  entries: readonly FlatFields[],
  options: Pick<AppendOnceOptions, 'maxLength' | 'onceWithinMs' | 'expected'>,
  look: OnceLook,
) => Promise<Reply>;

const sendOnce: Send = async (commands, stream, entries, options, look) => {
  const keys = [stream, ...onceKeys(stream, entries)];
  const args = [...lookArgs(options, look), ...entryArgs(entries, look)];
  const stored = await commands.store((client, onSent) =>
    runScript(client, APPEND_ONCE, keys, args, onSent),
  );
  if (stored === null) return 'look';
  return (stored as (string | [string])[]).map((place) =>
    typeof place === 'string'
      ? { nativeId: place, wasThere: false }
      : { nativeId: place[0], wasThere: true },
  );
};

type ExpectedReply =
  | ['untold' | 'look']
  | BehindReply
  | ['refused', size: number]
  | ['stored', ...[nativeId: string, wasThere: number, sequence: number][]];

const sendExpected: Send = async (commands, stream, entries, options, look) => {
  const { expected } = options;
  if (!expected) throw new TypeError('Nothing is expected.');
  const { entity, version, last = '' } = expected;
  const keys = [...indexKeys(stream), ...onceKeys(stream, entries)];
  const { digest, json } = toldOf(expected.keys);
  let told = '';
  const pace = new TakingPace();
  for (;;) {
    const args = [
      ...lookArgs(options, look),
      ...[digest, told, ...pace.limits, entity.parameter, entity.key, version, last],
      ...entryArgs(entries, look),
    ];
    const reply = (await commands.store((client, onSent) =>
      runScript(client, APPEND_EXPECTED, keys, args, onSent),
    )) as ExpectedReply;
    switch (reply[0]) {
      case 'untold':
        told = json;
        break;
      case 'behind':
        pace.note(reply);
        await catchUp(stream, expected.keys, (script, keysOfIndex, indexArgs) =>
          commands.read((client) => runScript(client, script, keysOfIndex, indexArgs), 'index'),
        );
        break;
      case 'look':
        return 'look';
      case 'refused':
        throw concurrency(stream, entries, expected, reply[1]);
      case 'stored': {
        const [, ...places] = reply;
        return places.map(([nativeId, wasThere, sequence]) => {
          return { nativeId, wasThere: wasThere === 1, ...(sequence > 0 && { sequence }) };
        });
      }
    }
  }
};

function onceKeys(stream: string, entries: readonly FlatFields[]): string[] {
  return entries.map((fields) => onceKey(stream, eventNameOf(fields), idOf(fields)));
}

function lookArgs(
  { onceWithinMs, maxLength }: Pick<AppendOnceOptions, 'maxLength' | 'onceWithinMs'>,
  look: OnceLook,
): (string | number)[] {
  return [onceWithinMs, maxLength ? maxLength : '', look.from, look.pageSize];
}

function entryArgs(entries: readonly FlatFields[], look: OnceLook): (string | number)[] {
  const args: (string | number)[] = [];
  for (const fields of entries) {
    args.push(look.foundAt(fields), idOf(fields), eventNameOf(fields), fields.length);
    for (const text of fields) args.push(text);
  }
  return args;
}
