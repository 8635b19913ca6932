import { describe, expect, it } from '@jest/globals';
import { OnEvent } from 'nestjs-lightbus';
import {
  checkBackoff,
  DEFAULT_BACKOFF,
  fillBackoff,
} from '../../../../lib/config/options/backoff.options.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';

describe('fillBackoff', () => {
  it('takes each key by itself, the last one strongest', () => {
    expect(fillBackoff()).toEqual(DEFAULT_BACKOFF);
    expect(fillBackoff(undefined, {})).toEqual(DEFAULT_BACKOFF);
    expect(fillBackoff({ factor: 3 })).toEqual({ ...DEFAULT_BACKOFF, factor: 3 });
    expect(fillBackoff({ initial: 5, max: 6 }, { max: 7, factor: undefined })).toEqual({
      ...{ initial: 5, max: 7, factor: 2 },
    });
  });

  it.each([
    [{ initial: 60_000 }, { initial: 60_000, max: 60_000 }],
    [{ max: 50 }, { initial: 50, max: 50 }],
  ])('has defaults that fit to what is said: %p', (said, filled) => {
    expect(fillBackoff(said)).toMatchObject(filled);
  });
});

describe('a backoff', () => {
  it.each<[object, RegExp]>([
    [{ initial: 0 }, /backoff\.initial: expected a whole number of milliseconds from 1 .*found 0/],
    [{ max: '30s' }, /backoff\.max: expected a whole number of milliseconds .*found '30s'/],
    [{ max: 2 ** 31 }, /backoff\.max: expected a whole number/],
    [{ factor: 0.5 }, /backoff\.factor: expected a number from 1 on; found 0\.5/],
    [{ factor: Infinity }, /backoff\.factor/],
    [{ initial: 2, max: 1 }, /backoff\.initial: expected at most max, which is 1; found 2/],
    [{ inital: 5 }, /backoff\.inital: .*initial/],
  ])('of %p is refused by path, at both doors', async (backoff, message) => {
    const options = { listenerName: 'a', backoff };
    const decorate = () =>
      OnEvent('an.event', options)(class {}.prototype, 'handle', { value: () => undefined });
    expect(decorate).toThrow(message);
    await expect(resolveConfig({ listeners: { a: { backoff } } }, {})).rejects.toThrow(message);
  });

  it.each([null, 5, '1s', [], () => 1])('can not be %p', (value) => {
    expect(checkBackoff(value)).toHaveLength(1);
  });

  it.each([{}, { initial: 1, max: 1, factor: 1 }, { factor: 1.5 }, { max: undefined }])(
    'can be %p',
    (value) => {
      expect(checkBackoff(value)).toEqual([]);
    },
  );
});
