import { describe, expect, it } from '@jest/globals';
import { HOSTILE } from '../../../e2e/dashboard/hostile.js';
import { emptyPages, goodPages, hostilePages } from '../../../e2e/dashboard/pages.js';

describe('the pages', () => {
  it.each(Object.keys(goodPages))('%s can be made of any model', (name) => {
    expect(goodPages[name]?.()).toMatch(/^<!doctype html>/);
    expect(emptyPages[name]?.() ?? '').not.toMatch(/>undefined<|NaN|\[object/);
    expect(goodPages[name]?.()).not.toMatch(/>undefined<|NaN|\[object/);
    for (let start = 0; start < HOSTILE.length; start++) {
      const made = hostilePages(start)[name]?.() ?? '';
      expect(made).not.toMatch(/<script>|<img|onerror=pwned\(\)>/);
      // Megabytes are shown in part; what a form sends back stays what it is.
      expect(made.replace(/ (?:name|value)="[^"]*"/g, '').length).toBeLessThan(500_000);
    }
  });
});
