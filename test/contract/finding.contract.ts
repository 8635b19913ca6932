import { describe, expect, it } from '@jest/globals';
import { uniqueName } from '../support/redis-server.js';
import { ALL, append, consumerOf, newStream, type Current } from './contract-fixtures.js';

export function describeFinding(current: Current): void {
  describe('findStreams', () => {
    it('finds streams of events, with or without entries', async () => {
      const { store } = current();
      const api = uniqueName('finding');
      const streams = [`${api}.*:stream`, `${api}.placed:stream`, `${api}.more.opened:stream`];
      await append(store, streams[0]!, 1);
      await append(store, streams[1]!, 1);
      await store.openGroup(consumerOf(streams[2]!), { since: '0' });
      await append(store, `${api}:stream`, 1);

      const found = await store.findStreams();

      expect(found.filter((stream) => stream.includes(api)).sort()).toEqual(streams.sort());
    });

    it('does not take what this module adds for a stream of events', async () => {
      const { store } = current();
      const ref = consumerOf(newStream(), 'w1', 'shop-a.b:stream');
      await store.openGroup(ref, { since: '0' });
      const [id] = await append(store, ref.stream, 1);
      await store.readNew(ref, 1);
      const report = { listener: 'l', reason: 'r', message: 'm', attempts: 1 };
      expect(await store.deadLetter(ref, id!, report)).toMatch(/^\d+-\d+$/);
      const found = await store.findStreams();
      expect(found.filter((stream) => stream.includes(ref.stream))).toEqual([ref.stream]);
    });

    it('does not find what was only read or listened to', async () => {
      const { store } = current();
      const stream = newStream();
      await store.range(stream, ALL);
      const stop = store.listen(stream, () => undefined);
      expect(await store.findStreams()).not.toContain(stream);
      stop();
    });
  });

  describe('streamsOfApi', () => {
    it('finds the streams of an API, and not those of APIs whose names begin alike', async () => {
      const { store } = current();
      const api = uniqueName('finding');
      const streams = [`${api}.*:stream`, `${api}.paid:stream`, `${api}.placed:stream`];
      for (const stream of streams) await append(store, stream, 1);
      await append(store, `${api}.orders.placed:stream`, 1);
      await append(store, `${api}s.placed:stream`, 1);
      expect((await store.streamsOfApi(api, true)).sort()).toEqual(streams);
      expect((await store.streamsOfApi(api, false)).sort()).toEqual(streams);
    });

    it('takes the name of the API literally', async () => {
      const { store } = current();
      const api = uniqueName('finding');
      const awkward = `${api}*[a-c]?\\^`;
      await append(store, `${awkward}.e:stream`, 1);
      await append(store, `${api}xbx^.e:stream`, 1);
      expect(await store.streamsOfApi(awkward, true)).toEqual([`${awkward}.e:stream`]);
      expect(await store.streamsOfApi(`${api}?`, true)).toEqual([]);
    });

    it('finds a stream that another process has announced, and no sooner than it is there', async () => {
      const { store, other } = current();
      const api = uniqueName('finding');
      const stream = `${api}.placed:stream`;
      expect(await store.streamsOfApi(api, true)).toEqual([]);
      other.announce(api, stream);
      expect(await store.streamsOfApi(api, true)).toEqual([]);
      await append(other, stream, 1);
      expect(await store.streamsOfApi(api, true)).toEqual([stream]);
    });

    it('lets announce pass after close: the append that follows says so', async () => {
      const { store } = current();
      await store.close();
      expect(() => store.announce('closed', 'closed.e:stream')).not.toThrow();
    });
  });
}
