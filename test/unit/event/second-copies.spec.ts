import { afterEach, expect, it, jest } from '@jest/globals';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';

/** Loads what tells of second copies beside these modules. */
async function loadBeside(mocks: Readonly<Record<string, object>>) {
  jest.resetModules();
  for (const [name, module] of Object.entries(mocks)) jest.unstable_mockModule(name, () => module);
  return import('../../../lib/event/second-copies.js');
}

const LIBRARIES = '../../../lib/event/optional-libraries.cjs';

afterEach(() => {
  jest.resetModules();
  jest.unstable_unmockModule('node:module');
  jest.unstable_unmockModule(LIBRARIES);
});

it('tells nothing where there is one copy of each, as often as it is asked', async () => {
  const { describeSecondCopies } = await loadBeside({});
  expect(describeSecondCopies([])).toEqual([]);
  expect(describeSecondCopies([])).toEqual([]);
});

it('survives a bundler that has left out what looks into the cache of modules', async () => {
  const { describeSecondCopies } = await loadBeside({
    'node:module': { createRequire: () => undefined },
  });
  expect(describeSecondCopies([])).toEqual([]);
});

it('tells that decorators record elsewhere than they are looked up, as in bundles', async () => {
  const MetadataStorage = defaultMetadataStorage.constructor as new () => object;
  const { describeSecondCopies } = await loadBeside({
    [LIBRARIES]: {
      ...(await import('../../../lib/event/optional-libraries.cjs')),
      classTransformerStorage: { defaultMetadataStorage: new MetadataStorage() },
    },
  });
  expect(describeSecondCopies([])).toEqual([
    expect.stringMatching(
      /^class-transformer is in the bundle .* twice.*webpack: resolve\.mainFields/,
    ),
  ]);
});

it('tells nothing where an application has none of them', async () => {
  const { describeSecondCopies } = await loadBeside({
    [LIBRARIES]: {
      classValidator: undefined,
      classTransformer: undefined,
      classTransformerStorage: undefined,
    },
  });
  expect(describeSecondCopies([])).toEqual([]);
});
