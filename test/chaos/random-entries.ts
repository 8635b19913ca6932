import type { Random } from './random.js';

/** Names and values of an entry, flat, as bytes. */
export type RawFields = readonly Buffer[];

/** What has to become of an entry that is given to a listener for all events of the stream's API. */
export type Outcome = 'handled' | 'set aside' | 'ignored';

/** JSON, or nearly: what parameters may look like. */
const TEXTS = [
  ...[
    'null',
    '1',
    '"text"',
    '{}',
    '[]',
    'NaN',
    '-Infinity',
    '1e999',
    '123456789012345678901234567890',
  ],
  ...['', '{', '[1,', '"\\u12"', "{'a': 1}", 'tru', '01', '\u0000', '\uFEFF1', '"\\ud800"'],
  ...['{"__proto__": {"polluted": true}}', '{"constructor": {"prototype": 1}}', '['.repeat(5_000)],
];

const NAMES = [
  'id',
  'api_name',
  'event_name',
  'version',
  ':n',
  ':__proto__',
  ':',
  '',
  'traceparent',
];

/** A valid event, as Lightbus writes it. */
export function validEvent(api: string, n: number): RawFields {
  const metadata = ['id', `id-${n}`, 'api_name', api, 'event_name', 'counted', 'version', '1'];
  return [...metadata, ':n', String(n)].map((text) => Buffer.from(text));
}

/** Anything: noise, the remains of an event, Lightbus's no-op, an entry of thousands of fields. */
export function randomEntry(random: Random, api: string): RawFields {
  const kind = random.next();
  if (kind < 0.4) return noise(random, random.between(1, 12));
  if (kind < 0.4005) return noise(random, random.between(1_000, 9_000));
  if (kind < 0.41) return [Buffer.alloc(0), Buffer.alloc(0)];
  return mutate(random, validEvent(api, random.between(1, 1_000_000)));
}

/** By the rule of the README: an entry is handled if it can be known which event it is. */
export function expectedOutcome(fields: RawFields): Outcome {
  const names = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) {
    names.set(fields[i]!.toString(), fields[i + 1]!.toString());
  }
  if (names.size === 1 && names.get('') === '') return 'ignored';
  return names.get('event_name') ? 'handled' : 'set aside';
}

function noise(random: Random, pairs: number): Buffer[] {
  return Array.from({ length: pairs * 2 }, (_, i) =>
    random.bytes(i % 2 === 0 ? random.between(0, 20) : random.between(0, 60)),
  );
}

function mutate(random: Random, fields: RawFields): RawFields {
  const pairs = Array.from({ length: fields.length / 2 }, (_, i) => [
    fields[i * 2]!,
    fields[i * 2 + 1]!,
  ]);
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    const place = random.between(0, pairs.length - 1);
    const change = random.between(1, 4);
    if (change === 1 && pairs.length > 1) pairs.splice(place, 1);
    else if (change === 2) pairs[place]![1] = value(random);
    else if (change === 3) pairs.splice(place, 0, [name(random), value(random)]);
    else pairs[place]![0] = name(random);
  }
  return pairs.flat();
}

function name(random: Random): Buffer {
  return random.chance(0.8) ? Buffer.from(random.pick(NAMES)) : random.bytes(random.between(0, 9));
}

function value(random: Random): Buffer {
  return random.chance(0.7) ? Buffer.from(random.pick(TEXTS)) : random.bytes(random.between(0, 99));
}
