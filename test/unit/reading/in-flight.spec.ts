import { beforeEach, describe, expect, it } from '@jest/globals';
import { InFlight } from '../../../lib/reading/in-flight.js';

const entry = (stream: string, nativeId: string) => ({ stream, nativeId });

describe('InFlight', () => {
  let inFlight: InFlight;
  beforeEach(() => {
    inFlight = new InFlight();
  });

  it('stops the handler of the entry that was taken over, and no other', () => {
    const signal = inFlight.begin(entry('a b', '1-0'));
    const others = [entry('a', '1-0'), entry('a b', '1-1')].map((one) => inFlight.begin(one));
    inFlight.takenOver(entry('a b', '1-0'));
    inFlight.takenOver(entry('unknown', '1-0'));
    expect(signal.aborted).toBe(true);
    expect(others.map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(inFlight.abandon()).toBe(2);
  });

  it('tells all handlers to stop, and knows which may be running on, until they are done', () => {
    const signals = [entry('a', '1-0'), entry('a', '1-1'), entry('b', '1-0')].map((one) =>
      inFlight.begin(one),
    );
    inFlight.end(entry('a', '1-1'));
    expect(inFlight.abandonedOn('a')).toEqual([]);
    expect(inFlight.begunOn('a')).toEqual(['1-0']);
    expect(inFlight.abandon()).toBe(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, true]);
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
    inFlight.begin(entry('a', '1-0'));
    expect(inFlight.abandonedOn('a')).toEqual([]);
  });
});
