import { describe, expect, it } from '@jest/globals';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import { FaultyStore } from './faulty-store.js';
import { member } from './reading-stage.js';

describe('SharedReading', () => {
  it('gives one sign of life in one place, however many stores lead there', () => {
    const shared = new SharedReading(member('w1').holder);
    const [one, two] = [new FaultyStore().store, new FaultyStore().store];
    expect(one).not.toBe(two);
    expect(shared.presenceIn(one)).toBe(shared.presenceIn(two));
    const elsewhere = new FaultyStore().memory;
    expect(shared.presenceIn(elsewhere)).not.toBe(shared.presenceIn(one));
  });

  it('looks at each stream once', () => {
    const shared = new SharedReading(member('w1').holder);
    const { store } = new FaultyStore();
    expect(shared.watchOf(store, 'a', 1_000)).toBe(shared.watchOf(store, 'a', 5_000));
    expect(shared.watchOf(store, 'a', 1_000)).not.toBe(shared.watchOf(store, 'b', 1_000));
  });
});
