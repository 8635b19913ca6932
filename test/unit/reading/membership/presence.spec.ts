import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LEASE_MS, Presence, type Periodic } from '../../../../lib/reading/membership/presence.js';
import { aProcess } from '../reading-stage.js';

describe('Presence', () => {
  let beats: number;
  let beat: () => Promise<boolean>;
  let presence: Presence;
  let members: Periodic[];

  beforeEach(() => {
    jest.useFakeTimers();
    [beats, members, beat] = [0, [], () => Promise.resolve(true)];
    const store = {
      beat: () => {
        beats += 1;
        return beat();
      },
    };
    presence = new Presence(store, aProcess('this'));
  });
  afterEach(() => {
    members.forEach((one) => presence.leave(one));
    jest.useRealTimers();
  });

  async function join(periodMs: number): Promise<Periodic & { ticks: number }> {
    const one = {
      periodMs,
      ticks: 0,
      troubled: () => undefined,
      tick: () => void (one.ticks += 1),
    };
    members.push(one);
    await presence.join(one);
    return one;
  }

  it('shows that it lives before anybody is told to have joined', async () => {
    expect(presence.isSure).toBe(false);
    await join(60_000);
    expect([beats, presence.isSure]).toEqual([1, true]);
  });

  it('shows it once a second, however many members there are, and however often they want to be called', async () => {
    await Promise.all(Array.from({ length: 500 }, () => join(60_000)));
    const quick = await join(50);
    expect(beats).toBe(1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(beats).toBe(11);
    expect(quick.ticks).toBe(200);
  });

  it('goes on doing so while others come and go all the time', async () => {
    await join(60_000);
    for (let i = 0; i < 100; i++) {
      const passer = await join(60_000);
      await jest.advanceTimersByTimeAsync(100);
      presence.leave(passer);
      expect(presence.isSure).toBe(true);
    }
    expect(beats).toBe(11);
    expect(presence.lapses).toBe(1);
  });

  it('stops when nobody is left', async () => {
    const one = await join(100);
    presence.leave(one);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([beats, one.ticks, presence.isSure]).toEqual([1, 0, false]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is sure for as long as a lease lasts, from when it asked on', async () => {
    let answer = (): void => undefined;
    beat = () => new Promise((resolve) => (answer = () => resolve(true)));
    const joined = join(60_000);
    await jest.advanceTimersByTimeAsync(500);
    answer();
    await joined;
    beat = () => Promise.reject(new Error('no connection'));
    await jest.advanceTimersByTimeAsync(LEASE_MS - 501);
    expect(presence.isSure).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(presence.isSure).toBe(false);
  });

  it('tells failures to who asks, and tries again by itself', async () => {
    beat = () => Promise.reject(new Error('no connection'));
    await expect(join(60_000)).rejects.toThrow('no connection');
    beat = () => Promise.resolve(true);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(presence.isSure).toBe(true);
  });

  it('counts how often names may have been taken over, although it is sure again', async () => {
    await join(60_000);
    const { lapses } = presence;
    await jest.advanceTimersByTimeAsync(30_000);
    expect(presence.lapses).toBe(lapses);
    // The machine is suspended: no timer runs, the wall clock goes on.
    jest.setSystemTime(Date.now() + 60_000);
    expect(presence.isSure).toBe(false);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([presence.isSure, presence.lapses]).toEqual([true, lapses + 1]);
  });

  it('counts that names may have been taken over where its last sign of life is gone before its time', async () => {
    await join(60_000);
    const { lapses } = presence;
    beat = () => Promise.resolve(false);
    await jest.advanceTimersByTimeAsync(1_000);
    beat = () => Promise.resolve(true);
    await jest.advanceTimersByTimeAsync(5_000);
    expect([presence.isSure, presence.lapses]).toEqual([true, lapses + 1]);
  });

  it('counts the first sign of life once, which nobody knew before', async () => {
    beat = () => Promise.resolve(false);
    await join(60_000);
    expect(presence.lapses).toBe(1);
  });

  it('asks once for all who ask at the same time', async () => {
    await Promise.all([presence.beat(), presence.beat(), join(60_000)]);
    expect(beats).toBe(1);
  });
});
