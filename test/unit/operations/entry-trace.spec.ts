import { beforeEach, describe, expect, it } from '@jest/globals';
import { readNearbyTrace } from '../../../lib/operations/entry-trace.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { deserialize, serialize } from '../../../lib/wire/by-field.js';
import { newEventId } from '../../../lib/wire/event-id.js';

const STREAMS = ['a.api.*:stream', 'b.api.*:stream'] as const;
const DAY = 86_400_000;

describe('readNearbyTrace', () => {
  let store: MemoryStore;
  let now: number;

  beforeEach(() => {
    now = 1_700_000_000_000;
    store = new MemoryStore({ now: () => now });
  });

  const add = async (
    stream: string,
    id: string,
    side: { correlationId?: string; causationId?: string } = {},
  ) => {
    const said = {
      ...{ firedAt: undefined, traceparent: undefined, tracestate: undefined, headers: undefined },
      ...{ correlationId: side.correlationId, causationId: side.causationId },
    };
    const event = { id, apiName: 'my.api', eventName: 'thing', version: 1, parameters: {} };
    const [nativeId = ''] = await store.append(stream, [serialize({ ...event, side: said })], {
      ...{ maxLength: null, timeoutMs: 1_000 },
    });
    return nativeId;
  };

  const traceOf = async (stream: string, nativeId: string) => {
    const [entry] = await store.range(stream, { start: nativeId, end: nativeId, count: 1 });
    const content = deserialize(entry?.fields ?? [], stream, nativeId);
    if (content.kind !== 'event') throw new Error('no event');
    const sources = STREAMS.map((name) => ({ store, stream: name }));
    const { nodes, isWhole } = await readNearbyTrace(sources, nativeId, content);
    return { trace: nodes.map(({ event, depth }) => `${'-'.repeat(depth)}${event.id}`), isWhole };
  };

  it('finds what has caused an event and what it has caused, on all streams', async () => {
    const first = newEventId(now);
    await add(STREAMS[0], first);
    now += 10;
    const second = newEventId(now);
    const nativeId = await add(STREAMS[1], second, { correlationId: first, causationId: first });
    now += 10;
    await add(STREAMS[0], 'third', { correlationId: first, causationId: second });
    await add(STREAMS[0], 'other');
    expect(await traceOf(STREAMS[1], nativeId)).toEqual({
      trace: [first, `-${second}`, '--third'],
      isWhole: true,
    });
  });

  it('finds a cause of days ago by the time in its id, and does not say that it has found all', async () => {
    const first = newEventId(now);
    await add(STREAMS[0], first);
    now += DAY;
    for (let i = 0; i < 1_000; i++) await add(STREAMS[0], `noise${i}`);
    now += DAY;
    const nativeId = await add(STREAMS[1], 'late', { correlationId: first, causationId: first });
    expect(await traceOf(STREAMS[1], nativeId)).toEqual({
      trace: [first, '-late'],
      isWhole: false,
    });
  });

  it('does not look further than it may', async () => {
    const nativeId = await add(STREAMS[0], 'one');
    for (let i = 0; i < 2_000; i++) await add(STREAMS[0], `noise${i}`);
    await add(STREAMS[0], 'far', { correlationId: 'one', causationId: 'one' });
    expect(await traceOf(STREAMS[0], nativeId)).toEqual({ trace: ['one'], isWhole: false });
  });

  it('says that something is missing where the cause is gone', async () => {
    const nativeId = await add(STREAMS[0], 'one', { correlationId: 'gone', causationId: 'gone' });
    expect(await traceOf(STREAMS[0], nativeId)).toEqual({ trace: ['one'], isWhole: false });
  });
});
