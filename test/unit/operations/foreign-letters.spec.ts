import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { DeadLetter } from '../../../lib/operations/dead-letter.js';
import {
  readDeadLetters,
  type DeadLetterSource,
} from '../../../lib/operations/read-dead-letters.js';
import {
  discardDeadLetters,
  redriveDeadLetters,
} from '../../../lib/operations/redrive-dead-letters.js';
import { formatReport } from '../../../lib/store/dead-letter.js';
import { RedisStore } from '../../../lib/store/redis/redis.store.js';
import { Random } from '../../chaos/random.js';
import { owned } from '../../support/owned.js';
import { startRedis, uniqueName } from '../../support/redis-server.js';
import { letterFields, letterKey } from './letters.js';

const RUNS = 60;

/** What JSON may be in the place of a value. */
const WRONG: readonly unknown[] = [
  ...[null, 0, -1, 1.5, 1e300, true, '', 'x', [], {}, ['1-0'], { id: '1-0' }],
  ...['01-0', '1-0-0', '99999999999999999999-0', '+275760-09-13T00:00:00.001Z', 'soon'],
];

describe('what others put on a dead-letter stream', () => {
  let raw: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    const redis = await startRedis();
    raw = redis.client();
    store = new RedisStore({
      url: redis.url,
      logger: { log: () => 0, warn: () => 0, error: () => 0 },
    });
    owned().onEnd(() => store.close());
  });

  /** A report with one thing wrong in it, which no other thing makes up for. */
  function wrongReport(random: Random, source: DeadLetterSource): string {
    const report = { listener: 'stock', reason: 'failed', message: 'no', attempts: 1, stack: 's' };
    const origin = {
      ...source.ref,
      nativeId: '1-0',
      consumer: 'w',
      time: new Date().toISOString(),
    };
    const right = JSON.parse(formatReport(report, origin)) as Record<string, unknown>;
    const name = random.pick([
      'listener',
      'reason',
      'message',
      'attempts',
      'stream',
      'nativeId',
      'time',
    ]);
    const isText =
      typeof right[name] === 'string' && !['stream', 'nativeId', 'time'].includes(name);
    const wrong = WRONG.filter((value) =>
      isText ? typeof value !== 'string' : name !== 'attempts' || value !== 0,
    );
    const text = JSON.stringify({ ...right, [name]: random.pick(wrong) });
    return random.chance(0.2) && name === 'attempts'
      ? text.replace(/"attempts":[^,]*/, '"attempts":NaN')
      : text;
  }

  function foreignFields(random: Random, source: DeadLetterSource): (string | Buffer)[] {
    const odd = ['', 'null', '{}', '[]', '"', '\u0000\u001b[2J\n', '{"__proto__":{"stream":"x"}}'];
    const name = random.pick(['dead_letter', 'dead_letter_packed', '', 'value', '__proto__']);
    switch (random.pick(['odd', 'report', 'packed', 'bytes', 'large'])) {
      case 'odd':
        return [name, random.pick(odd), random.pick(odd), random.pick(odd)];
      case 'report':
        return ['dead_letter', wrongReport(random, source), ':text', '1'];
      case 'packed':
        return [
          'dead_letter_packed',
          letterFields(source, '1-0')[1]!,
          '',
          random.pick(odd.filter((text) => text !== '[]')),
        ];
      case 'bytes':
        return [Buffer.from([0xff, 0xfe]), random.bytes(20), name, random.bytes(200)];
      default:
        return [name, 'x'.repeat(random.pick([100_000, 2_000_000]))];
    }
  }

  it('is shown as such, in its place, and stops nothing', async () => {
    const random = new Random(33);
    for (let run = 0; run < RUNS; run++) {
      const stream = `${uniqueName('foreign')}.*:stream`;
      const source: DeadLetterSource = { store, ref: { stream, group: 'shop-stock' } };
      await raw.xgroup('CREATE', stream, 'shop-stock', '0', 'MKSTREAM');
      const added: { id: string; isForeign: boolean }[] = [];
      for (let n = 1; n <= 12; n++) {
        const isForeign = random.chance(0.6);
        if (!isForeign) await raw.xadd(stream, `${n}-0`, 'id', `${n}`);
        const fields = isForeign ? foreignFields(random, source) : letterFields(source, `${n}-0`);
        added.push({ id: (await raw.xadd(letterKey(source), '*', ...fields)) ?? '', isForeign });
      }
      await raw.xgroup('SETID', stream, 'shop-stock', '$');
      const foreign = added.filter(({ isForeign }) => isForeign).map(({ id }) => id);

      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      const letters: DeadLetter[] = [];
      for await (const letter of readDeadLetters(async () => [source], {}, warn))
        letters.push(letter);
      expect(letters.map(({ id, reason }) => ({ id, isForeign: reason === 'foreign' }))).toEqual(
        added,
      );
      for (const letter of letters) {
        expect(letter.fields?.length).toBeGreaterThan(0);
        expect(Number.isNaN(letter.time.getTime())).toBe(false);
        expect(() => JSON.stringify(letter)).not.toThrow();
      }
      expect(warnings).toHaveLength(foreign.length > 0 ? 1 : 0);

      expect(await redriveDeadLetters([source], foreign, warn)).toBe(0);
      expect(await redriveDeadLetters([source], undefined, warn)).toBe(12 - foreign.length);
      expect(await raw.xlen(letterKey(source))).toBe(foreign.length);
      expect(await discardDeadLetters([source], foreign)).toBe(foreign.length);
    }
  }, 60_000);
});
