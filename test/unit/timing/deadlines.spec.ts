import { describe, expect, it } from '@jest/globals';
import { Deadlines, Expiring } from '../../../lib/timing/deadlines.js';
import { waitFor } from '../../support/wait-for.js';

class Call extends Expiring {
  isExpired = false;

  override expire(): void {
    this.isExpired = true;
  }
}

describe('Deadlines', () => {
  it('says how many it watches, whatever time they have', () => {
    const deadlines = new Deadlines();
    expect(deadlines.size).toBe(0);
    const calls = [1_000, 1_000, 1_000, 2_000].map((ms) => new Call(ms));
    for (const call of calls) deadlines.add(call);
    expect(deadlines.size).toBe(4);
    const [oldest, middle, newest, other] = calls as [Call, Call, Call, Call];
    for (const [i, call] of [middle, oldest, other, newest].entries()) {
      deadlines.delete(call);
      // Nobody knows that twice.
      deadlines.delete(call);
      expect(deadlines.size).toBe(3 - i);
    }
    deadlines.add(middle);
    expect(deadlines.size).toBe(1);
  });

  it('does not count what it never watched', () => {
    const deadlines = new Deadlines();
    deadlines.add(new Call(1_000));
    deadlines.delete(new Call(1_000));
    deadlines.delete(new Call(2_000));
    expect(deadlines.size).toBe(1);
  });

  it('watches no longer whose time is up', async () => {
    const deadlines = new Deadlines();
    const [short, long] = [new Call(10), new Call(60_000)];
    deadlines.add(short);
    deadlines.add(long);
    await waitFor(() => short.isExpired);
    expect(deadlines.size).toBe(1);
    deadlines.delete(short);
    expect(deadlines.size).toBe(1);
    expect(long.isExpired).toBe(false);
  });
});
