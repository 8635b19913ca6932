import { describe, expect, it } from '@jest/globals';
import { readmeWithOptions, readReadme, writeReadme } from './readme.js';

describe('README', () => {
  it('has the table of options as the declarations have it (npm run docs brings it up to date)', () => {
    if (process.env.UPDATE_README) writeReadme();
    expect(readReadme()).toBe(readmeWithOptions(readReadme()));
  });
});
