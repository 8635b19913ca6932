import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Prospects } from '../../../../lib/reading/stream/prospects.js';
import { clock } from '../../../../lib/timing/clock.js';

describe('Prospects', () => {
  let now: number;
  let prospects: Prospects;

  beforeEach(() => {
    now = 0;
    jest.spyOn(clock, 'now').mockImplementation(() => now);
    prospects = new Prospects(60_000);
  });
  afterEach(() => void jest.restoreAllMocks());

  function read(foundNothing: boolean, ...news: ('appended' | 'handed_back')[]): boolean {
    prospects.readBegins();
    for (const one of news) prospects.hear(one);
    prospects.readEnded(foundNothing);
    return prospects.isDry;
  }

  it('are dry once a read has found nothing, unless something was appended while it was under way', () => {
    expect(prospects.isDry).toBe(false);
    expect(read(false)).toBe(false);
    expect(read(true, 'appended')).toBe(false);
    expect(read(true, 'handed_back')).toBe(true);
    prospects.hear('appended');
    expect(prospects.isDry).toBe(false);
    expect(read(true)).toBe(true);
    prospects.startAgain();
    expect(prospects.isDry).toBe(false);
  });

  it('want a look for timed-out entries at the start, after each interval, and when some are handed back', () => {
    expect(prospects.untilClaimMs).toBe(0);
    prospects.claimBegins();
    prospects.claimEnded();
    expect(prospects.untilClaimMs).toBe(60_000);
    now += 59_999;
    expect(prospects.untilClaimMs).toBe(1);
    now += 1;
    expect(prospects.untilClaimMs).toBe(0);
    prospects.claimEnded();
    prospects.hear('handed_back');
    expect(prospects.untilClaimMs).toBe(0);
  });

  it('want another look where something was handed back while one was under way', () => {
    prospects.hear('handed_back');
    prospects.claimBegins();
    expect(prospects.wantsClaimAgain).toBe(false);
    prospects.hear('handed_back');
    expect(prospects.wantsClaimAgain).toBe(true);
    prospects.claimBegins();
    expect(prospects.wantsClaimAgain).toBe(false);
  });
});
