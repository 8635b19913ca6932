import { on } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { OnEvent, type EventMessage } from 'nestjs-lightbus';
import { PACKED_DEAD_LETTER_FIELD } from '../../lib/store/dead-letter.js';
import { startApplication } from '../e2e/application.js';
import { startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { Random } from './random.js';
import { expectedOutcome, randomEntry, validEvent, type RawFields } from './random-entries.js';

const API = 'fuzz.events';
const STREAM = `${API}.*:stream`;
const GROUP = 'fuzz-everything';
const LETTERS = `lightbus:dead_letters:{${STREAM}}:${GROUP}`;

const RANDOM_ENTRIES = 100_000;

/** A valid event follows every so many random entries. */
const VALID_EVERY = 10;

const PAGE = 1_000;

interface Entry {
  readonly nativeId: string;
  readonly fields: RawFields;
  /** Number of the event, where it is a valid one. */
  readonly n?: number;
}

describe('100,000 random entries on a stream', () => {
  it('stop no listener: valid events between them are handled in order, the others are set aside', async () => {
    const seed = Number(process.env.CHAOS_SEED ?? 1);
    const redis = await startRedis();
    const raw = redis.client();
    const entries = await store(redis.port, new Random(seed));
    const handled: { nativeId: string; n: unknown }[] = [];

    @Injectable()
    class Everything {
      @OnEvent(`${API}.*`, { listenerName: 'everything' })
      handle({ n }: { n?: unknown }, { nativeId }: EventMessage) {
        handled.push({ nativeId, n });
      }
    }
    const { close, logs } = await startApplication({
      url: redis.url,
      service: 'fuzz',
      providers: [Everything],
      redis: { batch_size: PAGE },
    });
    await waitFor(() => isDone(raw, entries.at(-1)!.nativeId), {
      timeoutMs: 150_000,
      message: 'every entry to be dealt with',
    });
    await close();

    const idsOf = (outcome: string) =>
      entries.flatMap(({ fields, nativeId }) =>
        expectedOutcome(fields) === outcome ? nativeId : [],
      );
    expectSame(
      handled.map(({ nativeId }) => nativeId),
      idsOf('handled'),
    );
    expect(idsOf('ignored').length).toBeGreaterThan(0);

    const valid = new Map(entries.flatMap(({ nativeId, n }) => (n ? [[nativeId, n]] : [])));
    const numbers = handled.filter(({ nativeId }) => valid.has(nativeId)).map(({ n }) => n);
    expectSame(
      numbers,
      Array.from({ length: RANDOM_ENTRIES / VALID_EVERY }, (_, i) => i + 1),
    );

    const letters = await readLetters(raw);
    expectSame(
      letters.map(({ nativeId }) => nativeId),
      idsOf('set aside'),
    );
    const originals = new Map(entries.map(({ nativeId, fields }) => [nativeId, fields]));
    const changed = letters.filter(({ nativeId, fields }) => {
      const original = originals.get(nativeId)!;
      return (
        fields.length !== original.length || fields.some((text, i) => !text.equals(original[i]!))
      );
    });
    expectSame(changed, []);
    expect(letters.some(({ fields }) => fields.length > 7_000)).toBe(true);

    const told = logs.filter((line) => line.startsWith('error') && line.includes('is set aside'));
    expect(told.length).toBe(letters.length);
  }, 240_000);
});

async function store(port: number, random: Random): Promise<Entry[]> {
  const connection = connect(port, '127.0.0.1');
  const entries: Entry[] = [];
  for (let stored = 0; stored < RANDOM_ENTRIES;) {
    const page: Omit<Entry, 'nativeId'>[] = [];
    for (; page.length < PAGE && stored < RANDOM_ENTRIES; stored++) {
      page.push({ fields: randomEntry(random, API) });
      const n = (stored + 1) / VALID_EVERY;
      if (Number.isInteger(n)) page.push({ fields: validEvent(API, n), n });
    }
    const ids = await append(connection, page);
    page.forEach((entry, i) => entries.push({ ...entry, nativeId: ids[i]! }));
  }
  connection.destroy();
  return entries;
}

/** XADD for each, past ioredis, which takes as long for millions of bytes as a listener does for all that is tested. */
async function append(connection: Socket, page: readonly Omit<Entry, 'nativeId'>[]) {
  let commands = '';
  for (const { fields } of page) {
    commands += `*${fields.length + 3}\r\n$4\r\nXADD\r\n$${STREAM.length}\r\n${STREAM}\r\n$1\r\n*\r\n`;
    for (const field of fields) commands += `$${field.length}\r\n${field.toString('latin1')}\r\n`;
  }
  connection.write(commands, 'latin1');
  let answers = '';
  for await (const [data] of on(connection, 'data') as AsyncIterable<[Buffer]>) {
    answers += data.toString();
    const ids = answers.match(/^\d+-\d+\r\n/gm) ?? [];
    if (answers.includes('-ERR')) throw new Error(answers);
    if (ids.length === page.length) return ids.map((id) => id.trim());
  }
  throw new Error(`The connection ended after ${answers}`);
}

/** Nothing is pending, and nothing is left to be delivered. */
async function isDone(raw: Redis, last: string): Promise<boolean> {
  const [group] = (await raw.xinfo('GROUPS', STREAM)) as unknown[][];
  const fact = (name: string) => group?.[group.indexOf(name) + 1];
  return fact('name') === GROUP && fact('pending') === 0 && fact('last-delivered-id') === last;
}

/** Dead letters: the id of the original entry, and its fields as they are kept. */
async function readLetters(raw: Redis): Promise<{ nativeId: string; fields: Buffer[] }[]> {
  const letters: { nativeId: string; fields: Buffer[] }[] = [];
  for (let start = '-'; ;) {
    const page = await raw.xrangeBuffer(LETTERS, start, '+', 'COUNT', PAGE);
    for (const [, [name, report, ...rest]] of page) {
      const { nativeId } = JSON.parse(String(report)) as { nativeId: string };
      const fields = String(name) === PACKED_DEAD_LETTER_FIELD ? unpack(rest[1]!) : rest;
      letters.push({ nativeId, fields });
    }
    const last = page.at(-1);
    if (!last) return letters;
    start = `(${last[0].toString()}`;
  }
}

/** Bytes that are no UTF-8 stand in the JSON as they are. */
function unpack(json: Buffer): Buffer[] {
  const texts = JSON.parse(json.toString('latin1')) as string[];
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

/** As `toEqual`, but without a report of a hundred thousand lines, which Jest's workers can't pass on. */
function expectSame(found: readonly unknown[], expected: readonly unknown[]): void {
  const place = expected.findIndex((value, i) => found[i] !== value);
  expect({ place, found: found[place] }).toEqual({ place: -1, found: undefined });
  expect(found.length).toBe(expected.length);
}
