import { describe, expect, it } from '@jest/globals';
import { GENERATED_PAGES, generatedPage, updatePage } from './generated.js';
import { performanceAsGenerated, readPerformance, writePerformance } from './performance.js';

describe('generated parts', () => {
  it.each(GENERATED_PAGES)(
    'of %s are as the code is (npm run docs brings them up to date)',
    (page) => {
      if (process.env.UPDATE_README) updatePage(page);
      const { found, expected } = generatedPage(page);
      expect(found).toBe(expected);
    },
  );

  it('of docs/performance.md, and its charts, have the figures of the saved results', () => {
    if (process.env.UPDATE_README) writePerformance();
    expect(readPerformance()).toEqual(performanceAsGenerated());
  });
});
