import { describe, expect, it } from '@jest/globals';
import { performanceAsGenerated, readPerformance, writePerformance } from './performance.js';
import { readmeAsGenerated, readReadme, writeReadme } from './readme.js';

describe('README', () => {
  it('has the options, the ACL and the speed as they are (npm run docs brings it up to date)', () => {
    if (process.env.UPDATE_README) writeReadme();
    expect(readReadme()).toBe(readmeAsGenerated(readReadme()));
  });
});

describe('docs/performance.md and its charts', () => {
  it('have the figures of the saved results (npm run docs brings them up to date)', () => {
    if (process.env.UPDATE_README) writePerformance();
    expect(readPerformance()).toEqual(performanceAsGenerated());
  });
});
