import { beforeEach, describe, expect, it } from '@jest/globals';
import { InFlight } from '../../../lib/reading/in-flight.js';
import { countMade } from '../../support/count-made.js';

const entry = (stream: string, nativeId: string) => ({ stream, nativeId });

describe('InFlight', () => {
  let inFlight: InFlight;
  beforeEach(() => {
    inFlight = new InFlight();
  });

  function begin({ stream, nativeId }: ReturnType<typeof entry>) {
    const place = { stream, streamApi: 'api', consumerGroup: 'group' };
    return inFlight.begin({ nativeId, fields: ['a', 'b'], deliveryCount: 2, attempts: 1 }, place);
  }

  it('hands the entry over as it is stored, with what is known of it', () => {
    expect(begin(entry('a', '1-0'))).toMatchObject({
      ...{ nativeId: '1-0', fields: ['a', 'b'], deliveryCount: 2, attempts: 1 },
      ...{ stream: 'a', streamApi: 'api', consumerGroup: 'group' },
    });
  });

  it('makes a signal where somebody asks for one, the same for all, aborted where it comes late', () => {
    const made = countMade('AbortController');
    const [early, late] = [entry('a', '1-0'), entry('a', '1-1')].map(begin);
    const { signal } = early!;
    expect(early!.signal).toBe(signal);
    inFlight.abandon();
    expect(made.count).toBe(1);
    expect(signal.aborted).toBe(true);
    expect(late!.isStopped).toBe(true);
    expect(late!.signal.aborted).toBe(true);
    made.restore();
  });

  it('stops the handler of the entry that was taken over, and no other', () => {
    const stopped = begin(entry('a b', '1-0'));
    const others = [entry('a', '1-0'), entry('a b', '1-1')].map(begin);
    inFlight.takenOver(entry('a b', '1-0'));
    inFlight.takenOver(entry('unknown', '1-0'));
    expect(stopped.isStopped).toBe(true);
    expect(others.map(({ isStopped }) => isStopped)).toEqual([false, false]);
    expect(inFlight.abandon()).toBe(2);
  });

  it('tells all handlers to stop, and knows which may be running on, until they are done', () => {
    const begun = [entry('a', '1-0'), entry('a', '1-1'), entry('b', '1-0')].map(begin);
    inFlight.end(entry('a', '1-1'));
    expect(inFlight.abandonedOn('a')).toEqual([]);
    expect(inFlight.begunOn('a')).toEqual(['1-0']);
    expect(inFlight.abandon()).toBe(2);
    expect(begun.map(({ isStopped }) => isStopped)).toEqual([true, false, true]);
    expect(['a', 'b', 'c'].map((stream) => inFlight.abandonedOn(stream))).toEqual([
      ['1-0'],
      ['1-0'],
      [],
    ]);
    inFlight.end(entry('a', '1-0'));
    expect(inFlight.abandonedOn('a')).toEqual([]);
  });

  it('abandons nothing where nothing is in flight', () => {
    expect(inFlight.abandon()).toBe(0);
    begin(entry('a', '1-0'));
    expect(inFlight.abandonedOn('a')).toEqual([]);
  });
});
