import { describe, expect, it } from '@jest/globals';
import {
  ago,
  counted,
  formatBytes,
  formatDistance,
  formatDuration,
  formatTime,
  shorten,
} from '../../../../lib/dashboard/views/format.js';

describe('words for quantities', () => {
  it.each([
    [0, '0 s'],
    [350, '350 ms'],
    [40_900, '40 s'],
    [71_000, '1 min 11 s'],
    [720_000 + 4_000, '12 min'],
    [11_100_000, '3 h 5 min'],
    [7_200_000, '2 h'],
    [86_400_000 * 210.5, '210 d 12 h'],
    [NaN, '0 s'],
  ])('%d ms are %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it('says how far a time is, on either side of now, and of what is no time that it is none', () => {
    const now = new Date(1_000_000);
    expect(formatDistance(new Date(960_000), now)).toBe('40 s ago');
    expect(formatDistance(new Date(1_040_000), now)).toBe('in 40 s');
    expect(formatDistance(new Date(1_000_400), now)).toBe('now');
    expect(formatDistance(new Date(NaN), now)).toBe('at an unknown time');
    expect(formatTime(new Date(NaN))).toBe('unknown time');
    expect(ago(new Date(NaN), now).toString()).toBe('<span>at an unknown time</span>');
    expect(ago(null, now).toString()).toContain('never');
  });

  it('counts', () => {
    expect(counted(1, 'event')).toBe('1 event');
    expect(counted(5_000_000, 'event')).toBe('5,000,000 events');
    expect(counted({ count: 1, isAtLeast: true }, 'match', 'matches')).toBe('at least 1 matches');
    expect(formatBytes(1_420_000_000)).toBe('1.4 GB');
    expect(formatBytes(12)).toBe('12 B');
  });

  it('leaves out the middle of long names, and keeps a name on one line', () => {
    expect(shorten('a\tb\nc')).toBe('a\\tb\\nc');
    expect(shorten('x'.repeat(1_000), 10)).toBe('xxxxx… (990 characters) …xxxxx');
  });
});
