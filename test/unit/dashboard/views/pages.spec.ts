import { describe, expect, it } from '@jest/globals';
import { overviewPage } from '../../../../lib/dashboard/views/overview.js';
import { HOSTILE } from '../../../e2e/dashboard/hostile.js';
import { frame, listeners } from '../../../e2e/dashboard/models.js';
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

describe('the overview', () => {
  const problems = ['Redis is away.'];

  it.each([
    ['says of nothing that it is well, or not there,', [listeners[0]!]],
    ['says that there are no listeners', []],
  ])('never %s where not everything could be read', (_, known) => {
    const made = overviewPage(frame, { listeners: known, streams: [], problems });
    expect(made).toContain('Not everything could be read.');
    expect(made).not.toMatch(/is well|are well|No listener has|Events stored/);
    expect(overviewPage(frame, { listeners: known, streams: [], problems: [] })).not.toContain(
      'Not everything',
    );
  });

  it('still shows what is stuck then', () => {
    const made = overviewPage(frame, { listeners, streams: [], problems });
    expect(made).toMatch(/Not everything could be read.*are stuck/s);
  });
});
