import { describe, expect, it } from '@jest/globals';
import type { StreamNews } from '../../lib/store/event-store.js';
import { waitFor } from '../support/wait-for.js';
import {
  append,
  consumerOf,
  newStream,
  values,
  type Current,
  redriveAll,
} from './contract-fixtures.js';

export function describeListening(current: Current): void {
  /** What a stream tells; listened to until `stop` is called. */
  async function listen(stream: string) {
    const { store, other } = current();
    const heard: (StreamNews | 'sent')[] = [];
    const stop = store.listen(stream, (news) => heard.push(news));
    const told = (news: StreamNews = 'appended') =>
      waitFor(() => heard.includes(news), { message: `'${news}' of ${stream}` });
    /** From here on only what is appended rings: nothing is told too often any more. */
    const settle = async () => {
      await append(other, stream, 'to be heard');
      await told();
      // What told it may be told once more, over another connection: whatever was on its way has come after some turns.
      do {
        heard.length = 0;
        for (const turn of ['first', 'second', 'third']) await append(store, newStream(), turn);
      } while (heard.length > 0);
    };
    return { heard, stop, told, settle };
  }

  describe('listen', () => {
    it('tells of an entry that is appended later, by anybody', async () => {
      const { store, other } = current();
      const stream = newStream();
      const { heard, told, settle } = await listen(stream);
      await settle();
      for (const writer of [store, other]) {
        await append(writer, stream, 1);
        await told();
        heard.length = 0;
      }
    });

    it('tells of entries that are appended while it is not sure yet that it hears', async () => {
      const { other } = current();
      const stream = newStream();
      const { told } = await listen(stream);
      await append(other, stream, 1);
      await told();
    });

    it('tells everybody who listens, until they stop', async () => {
      const { other } = current();
      const stream = newStream();
      const listeners = await Promise.all(Array.from({ length: 50 }, () => listen(stream)));
      const [first, ...others] = listeners;
      await append(other, stream, 1);
      for (const { told } of listeners) await told();
      first!.stop();
      first!.stop();
      for (const { heard } of listeners) heard.length = 0;
      await append(other, stream, 2);
      for (const { told } of others) await told();
      expect(first!.heard).toEqual([]);
    });

    it('tells of each of many streams, in whatever order they are written', async () => {
      const { other } = current();
      const streams = Array.from({ length: 30 }, newStream);
      const listeners = await Promise.all(streams.map(listen));
      for (const { settle } of listeners) await settle();
      for (const [i, stream] of [...streams.entries()].toReversed()) {
        await append(other, stream, 1);
        await listeners[i]!.told();
      }
    });

    it('keeps streams apart whose names begin alike', async () => {
      const { other } = current();
      const stream = newStream();
      const [short, long] = [await listen(stream), await listen(`${stream}:stream`)];
      for (const { settle } of [short, long]) await settle();
      await append(other, `${stream}:stream`, 1);
      await long.told();
      await append(other, stream, 1);
      await short.told();
      expect(short.heard).toHaveLength(1);
      expect(long.heard).toHaveLength(1);
    });

    it('tells of entries that are handed back, and of dead letters that are driven again', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      const stored = await append(store, w1.stream, 1, 2);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 2);
      const { heard, told, settle } = await listen(w1.stream);
      await settle();

      const report = { listener: 'l', reason: 'failed', message: 'm', attempts: 1 };
      await other.deadLetter(w1, stored[0]!, report);
      await redriveAll(other, w1);
      await told('handed_back');
      heard.length = 0;
      await other.handBack(w1);
      await told('handed_back');
    });

    it('is silent where nothing is handed back', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      await append(store, w1.stream, 1);
      await store.openGroup(w1, { since: '0' });
      const [entry] = await store.readNew(w1, 1);
      const { heard, told, settle } = await listen(w1.stream);
      await settle();
      await store.acknowledge(w1, [entry!.nativeId]);
      await other.handBack(w1);
      await append(other, w1.stream, 2);
      await told();
      expect(heard).toEqual(['appended']);
    });

    it('never loses a ring: a reader that waits when it finds nothing reads everything in order', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      await store.openGroup(w1, { since: '0' });
      const numbers = Array.from({ length: 300 }, (_, i) => String(i));
      let rung = true;
      let wake = (): void => undefined;
      const stop = store.listen(w1.stream, () => {
        rung = true;
        wake();
      });

      const write = async () => {
        for (const number of numbers) await append(other, w1.stream, number);
      };
      const read = async () => {
        const seen: (string | undefined)[] = [];
        // Bounded, so that a bell that never stops is a failure and not a hang.
        for (let reads = 0; seen.length < numbers.length && reads < 10_000; reads++) {
          if (!rung) await new Promise<void>((resolve) => (wake = resolve));
          rung = false;
          for (let page = ['']; page.length > 0;) {
            page = values(await store.readNew(w1, 1)) as string[];
            seen.push(...page);
          }
        }
        return seen;
      };

      const [seen] = await Promise.all([read(), write()]);
      stop();
      expect(seen).toEqual(numbers);
    });
  });
}
