import { describe, expect, it } from '@jest/globals';
import type { ApiSettings } from '../../../lib/config/settings.js';
import { EventSerializationError } from '../../../lib/errors.js';
import { prepareAppend, type OutgoingEvent } from '../../../lib/store/append-events.js';
import type { ApiStore } from '../../../lib/store/stores.js';
import { FaultyTransport } from '../reading/faulty-store.js';

const STREAM = 'store.orders.*:stream';

function target(faulty: FaultyTransport, maxLength: number | null = null): ApiStore {
  return {
    store: faulty.store,
    settings: {
      event_fire_timeout: 7,
      event_transport: { max_stream_length: maxLength },
    } as ApiSettings,
    announce: (stream: string) => faulty.store.announce('store.orders', stream),
  } as ApiStore;
}

function event(n: number, parameters: Record<string, unknown> = { n }): OutgoingEvent {
  return { id: `id-${n}`, apiName: 'store.orders', eventName: 'placed', version: 1, parameters };
}

describe('prepareAppend', () => {
  it('stores events as Lightbus writes them, in order, and resolves to their entry ids', async () => {
    const faulty = new FaultyTransport();
    const ids = await prepareAppend(target(faulty), STREAM, [event(1), event(2)])();
    const stored = await faulty.memory.range(STREAM, { start: '-', end: '+', count: 10 });
    expect(stored.map(({ nativeId }) => nativeId)).toEqual(ids);
    const head = ['api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];
    expect(stored.map(({ fields }) => fields)).toEqual([
      ['id', 'id-1', ...head, ':n', '1'],
      ['id', 'id-2', ...head, ':n', '2'],
    ]);
  });

  it.each([null, 500])('honours max_stream_length %s and event_fire_timeout', async (maxLength) => {
    const faulty = new FaultyTransport();
    await prepareAppend(target(faulty, maxLength), STREAM, [event(1)])();
    expect(faulty.callsOf('append')[0]?.[2]).toEqual({ maxLength, timeoutMs: 7_000 });
  });

  it('announces the stream before anything is appended to it', async () => {
    const faulty = new FaultyTransport();
    await prepareAppend(target(faulty), STREAM, [event(1)])();
    expect(faulty.calls.map(({ method }) => method)).toEqual(['announce', 'append']);
    expect(faulty.calls[0]?.args).toEqual(['store.orders', STREAM]);
  });

  it('refuses what JSON cannot carry before anything is sent', () => {
    const faulty = new FaultyTransport();
    const events = [event(1), event(2, { n: () => 2 })];
    expect(() => prepareAppend(target(faulty), STREAM, events)).toThrow(EventSerializationError);
    expect(faulty.calls).toEqual([]);
  });

  it('rejects as the store does', async () => {
    const faulty = new FaultyTransport();
    faulty.fail('append');
    await expect(prepareAppend(target(faulty), STREAM, [event(1)])()).rejects.toThrow(
      'append failed',
    );
  });
});
