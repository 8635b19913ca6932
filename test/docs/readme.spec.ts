import { describe, expect, it } from '@jest/globals';
import { readmeAsGenerated, readReadme, writeReadme } from './readme.js';

describe('README', () => {
  it('has the options and the ACL as the code has them (npm run docs brings it up to date)', () => {
    if (process.env.UPDATE_README) writeReadme();
    expect(readReadme()).toBe(readmeAsGenerated(readReadme()));
  });
});
