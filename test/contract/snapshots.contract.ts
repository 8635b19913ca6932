import { describe, expect, it } from '@jest/globals';
import { newStream, type Current } from './contract-fixtures.js';

export function describeSnapshots(current: Current): void {
  describe('snapshots', () => {
    it('are read as the last one that was written, by whoever reads', async () => {
      const { store, other } = current();
      const stream = newStream();
      expect(await store.readSnapshot(stream, 'Order:id:1')).toBeUndefined();
      await store.writeSnapshot(stream, 'Order:id:1', 'first');
      await other.writeSnapshot(stream, 'Order:id:1', 'second');
      expect(await store.readSnapshot(stream, 'Order:id:1')).toBe('second');
      expect(await other.readSnapshot(stream, 'Order:id:1')).toBe('second');
    });

    it('are of one stream and one name, whatever is in these', async () => {
      const { store } = current();
      const streams = [newStream(), newStream()];
      const names = [
        'a',
        'a ',
        'a\n{b}:c',
        '}{',
        '\u{1f600}',
        '__proto__',
        'x'.repeat(100_000),
        '',
      ];
      const all = streams.flatMap((stream) => names.map((name) => ({ stream, name })));
      await Promise.all(
        all.map(({ stream, name }, i) => store.writeSnapshot(stream, name, `text ${i}\u2028\0`)),
      );
      const read = await Promise.all(
        all.map(({ stream, name }) => store.readSnapshot(stream, name)),
      );
      expect(read).toEqual(all.map((_, i) => `text ${i}\u2028\0`));
    });

    it('make no stream, and are no entries', async () => {
      const { store } = current();
      const stream = newStream();
      await store.writeSnapshot(stream, 'a', 'text');
      expect(await store.range(stream, { start: '-', end: '+', count: 1 })).toEqual([]);
      expect(await store.findStreams()).not.toContain(stream);
    });
  });
}
