import { describe, expect, it } from '@jest/globals';
import type { RunOptions } from '../../../lib/cli/run/run-options.js';
import { chooseFeatures } from '../../../lib/cli/run.command.js';

describe('chooseFeatures', () => {
  it.each<[RunOptions, string[] | undefined]>([
    [{}, undefined],
    [{ features: ['events'] }, ['events']],
    [{ features: [] }, []],
    [{ only: ['events', 'rpcs'] }, ['events', 'rpcs']],
    [{ only: ['rpcs', 'tasks'] }, ['rpcs', 'tasks']],
    [{ skip: ['rpcs'] }, ['events']],
    [{ skip: ['events'] }, []],
  ])('of %j are %j', (options, features) => {
    expect(chooseFeatures(options)).toEqual(features);
  });
});
