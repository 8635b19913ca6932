import { describe, expect, it } from '@jest/globals';
import { readFound } from '../../../../lib/store/redis/found-entries.js';
import { TimeoutError } from '../../../../lib/timing/within.js';
import { sharedRedis, uniqueName } from '../../../support/redis-server.js';

const eventOf = (id: string, text = '') => ['id', id, 'event_name', 'sold', ':text', text];

/** Entries on a stream; a connection that counts its round trips. */
async function startWith(entries: string[][]) {
  const client = (await sharedRedis()).client();
  const stream = `${uniqueName('found')}.*:stream`;
  const places = [];
  for (const fields of entries) {
    const nativeId = (await client.xadd(stream, '*', ...fields)) ?? '';
    places.push({ nativeId, wasThere: true });
  }
  let roundTrips = 0;
  const connection = {
    run: <T>(_: number, command: (redis: typeof client) => Promise<T>) => {
      roundTrips++;
      return command(client);
    },
  };
  return { client, stream, places, connection, roundTrips: () => roundTrips };
}

describe('readFound', () => {
  it('sends nothing where nothing was there before', async () => {
    const entries = [eventOf('a'), eventOf('b')];
    const { connection, stream, places, roundTrips } = await startWith(entries);
    const stored = places.map(({ nativeId }) => ({ nativeId, wasThere: false }));
    const found = await readFound(connection, stream, stored, entries, 1_000);
    expect(found).toEqual(places.map(({ nativeId }) => ({ nativeId })));
    expect(roundTrips()).toBe(0);
  });

  it('asks for as many at a time as fit an output buffer of Redis', async () => {
    const large = Array.from({ length: 12 }, (_, i) => eventOf(`l${i}`, 'x'.repeat(100_000)));
    const one = await startWith(large);
    const found = await readFound(one.connection, one.stream, one.places, large, 5_000);
    expect(found.map((place) => place.found)).toEqual(large);
    expect(one.roundTrips()).toBe(6);

    const small = Array.from({ length: 250 }, (_, i) => eventOf(`s${i}`));
    const other = await startWith(small);
    await readFound(other.connection, other.stream, other.places, small, 5_000);
    expect(other.roundTrips()).toBe(3);
  });

  it('takes nothing but the event itself for what was there', async () => {
    const { connection, stream, places } = await startWith([eventOf('a'), eventOf('b')]);
    const given = [eventOf('a', 'new'), eventOf('other')];
    const found = await readFound(connection, stream, places, given, 1_000);
    expect(found.map((place) => place.found)).toEqual([eventOf('a'), null]);
  });

  it('waits no longer than it was told', async () => {
    const { stream, places } = await startWith([eventOf('a')]);
    const silent = { run: () => new Promise<never>(() => undefined) };
    const reading = readFound(silent, stream, places, [eventOf('a')], 20);
    await expect(reading).rejects.toBeInstanceOf(TimeoutError);
  });
});
