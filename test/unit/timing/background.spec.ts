import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { inBackground } from '../../../lib/timing/background.js';

describe('inBackground', () => {
  const unhandled = jest.fn();
  const failed = jest.fn<(error: unknown) => void>();
  beforeEach(() => {
    jest.resetAllMocks();
    process.on('unhandledRejection', unhandled);
  });
  afterEach(() => {
    process.off('unhandledRejection', unhandled);
    jest.restoreAllMocks();
    expect(unhandled).not.toHaveBeenCalled();
  });

  const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

  it('starts work in this turn', () => {
    const work = jest.fn(async () => undefined);
    inBackground(work, failed);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['at once', () => Promise.reject(new Error('no'))],
    [
      'before it promises anything',
      () => {
        throw new Error('no');
      },
    ],
    ['later', async () => soon().then(() => Promise.reject(new Error('no')))],
  ])('tells what fails %s', async (_, work) => {
    inBackground(work, failed);
    await soon();
    await soon();
    expect(failed.mock.calls).toEqual([[new Error('no')]]);
  });

  it('warns where telling fails', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    failed.mockImplementation(() => {
      throw new Error('deaf');
    });
    inBackground(() => Promise.reject(new Error('no')), failed);
    await soon();
    expect(warn).toHaveBeenCalledWith(new Error('deaf'));
  });
});
