import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { collectTrace } from '../../../lib/operations/trace.js';
import type { SourceEntry } from '../../../lib/store/read-history.js';

interface Stored {
  readonly id: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

const STREAM = 'store.orders.*:stream';

/** @param isTogether whether it has the same millisecond as all others. */
function entryOf({ id, ...side }: Stored, index: number, isTogether = false): SourceEntry {
  const metadata = ['id', id, 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];
  const field = Object.keys(side).length > 0 ? ['', JSON.stringify(side)] : [];
  const nativeId = isTogether ? `1-${index}` : `${index + 1}-0`;
  return { stream: STREAM, nativeId, fields: [...metadata, ...field] };
}

/** The events of the trace, by their places, and how often all was read. */
async function trace(id: string, events: readonly Stored[], isTogether = false) {
  const entries = events.map((event, i) => entryOf(event, i, isTogether));
  let passes = 0;
  const { events: found, isWhole } = await collectTrace(id, async function* (reverse) {
    passes++;
    for (const entry of reverse ? entries.toReversed() : entries) yield [entry];
  });
  return {
    found: found
      .map(({ nativeId }) => entries.findIndex((entry) => entry.nativeId === nativeId))
      .sort((a, b) => a - b),
    passes,
    isWhole,
  };
}

describe('collectTrace', () => {
  const CHAIN: Stored[] = [
    { id: 'root' },
    { id: 'other' },
    { id: 'a', correlationId: 'root', causationId: 'root' },
    { id: 'b', correlationId: 'root', causationId: 'a' },
    { id: 'unrelated', correlationId: 'other', causationId: 'other' },
  ];

  it.each(['root', 'a', 'b'])(
    'finds all of the correlation id of %p, its first event too',
    async (id) => {
      expect((await trace(id, CHAIN)).found).toEqual([0, 2, 3]);
    },
  );

  it('finds causes and effects beyond the correlation id, and no other effects of these causes', async () => {
    const events: Stored[] = [
      { id: 'first', correlationId: 'x' },
      { id: 'second', correlationId: 'y', causationId: 'first' },
      { id: 'sibling', correlationId: 'z', causationId: 'first' },
      { id: 'wanted', correlationId: 'mine', causationId: 'second' },
      { id: 'effect', correlationId: 'w', causationId: 'wanted' },
      { id: 'later', correlationId: 'v', causationId: 'effect' },
    ];
    expect((await trace('wanted', events)).found).toEqual([0, 1, 3, 4, 5]);
    expect((await trace('mine', events)).found).toEqual([0, 1, 3, 4, 5]);
  });

  it('reads a bus without surprises twice, however long the chain, and once more where causes lead back', async () => {
    const chain = Array.from({ length: 200 }, (_, i) => ({
      id: `e${i}`,
      ...(i > 0 && { causationId: `e${i - 1}` }),
    }));
    expect(await trace('e0', chain)).toMatchObject({ passes: 2 });
    const { found, passes } = await trace('e199', chain);
    expect(found).toHaveLength(200);
    expect(passes).toBeLessThanOrEqual(3);
  });

  it('reads nothing that was stored after it began, so that it ends', async () => {
    const ends: string[] = [];
    let events = CHAIN;
    await collectTrace('root', async function* (_, end) {
      ends.push(end);
      yield events.map((event, i) => entryOf(event, i));
      events = [...events, { id: `n${events.length}`, causationId: 'root' }];
      if (ends.length > 5) throw new Error('It goes on and on.');
      if (end !== '+') events = CHAIN;
    });
    expect(ends[0]).toBe('+');
    expect(new Set(ends.slice(1))).toEqual(new Set(['5-0']));
  });

  it('ends where a chain goes to and fro at each step, and says that it is not all', async () => {
    const chain: Stored[] = [];
    for (let i = 0; i < 1_000; i++) {
      const event = { id: `e${i}`, correlationId: `c${i}`, causationId: `e${i - 1}` };
      if (i % 2 === 0) chain.push(event);
      else chain.unshift(event);
    }
    const { found, passes, isWhole } = await trace('e0', chain);
    expect({ passes, isWhole }).toEqual({ passes: 50, isWhole: false });
    expect(found.length).toBeGreaterThanOrEqual(50);
    expect(await trace('c1', CHAIN)).toMatchObject({ found: [], isWhole: true });
  });

  it('reads a bus twice, too, where causes and effects are stored in one millisecond, in any order', async () => {
    const chain = Array.from({ length: 200 }, (_, i) => ({
      id: `e${i}`,
      causationId: `e${i - 1}`,
    }));
    const mixed = chain.map((_, i) => chain[(i * 73) % 200]!);
    for (const id of ['e0', 'e100', 'e199']) {
      const { found, passes } = await trace(id, mixed, true);
      expect({ count: found.length, passes }).toEqual({ count: 200, passes: 2 });
    }
  });

  it('finds what a search by rules finds, whatever strangers write, in any order', async () => {
    const id = fc.constantFrom(...Array.from('abcdefgh'));
    const stored = fc.record({ id, correlationId: id, causationId: id }, { requiredKeys: ['id'] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(stored, { maxLength: 12 }),
        id,
        fc.boolean(),
        async (events, sought, isTogether) => {
          const { found } = await trace(sought, events, isTogether);
          expect(found).toEqual(byRules(sought, events));
        },
      ),
    );
  });
});

/** The same, one rule after the other. */
function byRules(id: string, events: readonly Stored[]): number[] {
  const correlationOf = (event: Stored) => event.correlationId ?? event.id;
  const correlations = new Set([
    id,
    ...events.filter((event) => event.id === id).map(correlationOf),
  ]);
  const own = events.filter(
    (event) => correlations.has(correlationOf(event)) || correlations.has(event.id),
  );
  const effects = closure(own, (event) => events.filter((one) => one.causationId === event.id));
  const causes = closure(own, (event) => events.filter((one) => one.id === event.causationId));
  return events.flatMap((event, i) => (effects.has(event) || causes.has(event) ? [i] : []));
}

function closure(begin: readonly Stored[], next: (event: Stored) => Stored[]): Set<Stored> {
  const found = new Set(begin);
  for (const event of found) for (const one of next(event)) found.add(one);
  return found;
}
