import { describe, expect, it } from '@jest/globals';
import { chooseFeatures } from '../../../lib/cli/run.command.js';

describe('chooseFeatures', () => {
  it.each([
    [{}, undefined],
    [{ features: ['events'] }, ['events']],
    [{ features: [] }, []],
    [{ only: ['events', 'rpcs'] }, ['events']],
    [{ only: ['rpcs', 'tasks'] }, []],
    [{ skip: ['rpcs'] }, ['events']],
    [{ skip: ['events'] }, []],
  ])('of %j are %j', (options, features) => {
    expect(chooseFeatures(options)).toEqual(features);
  });
});
