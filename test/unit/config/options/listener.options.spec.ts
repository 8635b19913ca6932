import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { OnEvent, type OnEventOptions } from 'nestjs-lightbus';
import {
  fillListenerOptions,
  LISTENER_OPTIONS,
  type ListenerOverrides,
} from '../../../../lib/config/options/listener.options.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import { groupStart } from '../../../../lib/wire/history-bounds.js';
import { Random } from '../../../chaos/random.js';

const NAMES = Object.keys(LISTENER_OPTIONS) as (keyof ListenerOverrides)[];

/** Values as users write them, as they mistake them, and as nobody should. */
function newValue(random: Random): unknown {
  const digits = () => Array.from({ length: random.between(0, 22) }, () => random.between(0, 9));
  const number = () =>
    random.pick([random.between(-3, 12), random.next(), 2 ** random.between(29, 64)]);
  return random.pick<() => unknown>([
    () =>
      random.pick(['retry', 'shutdown', 'dead_letter', 'acknowledge_and_log', 'Retry', 'ignore']),
    () => random.pick(['beginning', 'now', 'end', '', ' now', '$', '0', '0-0', '>']),
    () => digits().join(''),
    () => `${digits().join('')}-${digits().join('')}`,
    number,
    () => number() - 1,
    () => String(number()),
    () => `${random.between(0, 9)}${random.pick(['h', 'm30s', 'ms', 'w', ' h'])}`,
    () => ({ [random.pick(['initial', 'max', 'factor', 'min'])]: number() }),
    () => new Date(random.pick([0, -1, number() * 1e9, NaN])),
    () => random.pick([null, NaN, Infinity, -0, true, false, 3n, Symbol('now')]),
    () => random.pick([[], ['now'], {}, { since: 'now' }, () => 5, new Map(), new String('now')]),
    () => undefined,
    () => runInNewContext(random.pick(['new Date(5)', 'new Date(NaN)', '({})'])) as unknown,
  ])();
}

function takenByDecorator(overrides: object): boolean {
  const descriptor = { value: () => undefined };
  try {
    const options = { listenerName: 'a', ...overrides } as OnEventOptions;
    OnEvent('an.event', options)(class {}.prototype, 'handle', descriptor);
    return true;
  } catch {
    return false;
  }
}

function takenByModule(overrides: object): Promise<boolean> {
  return resolveConfig({ listeners: { a: overrides } }, {}).then(
    () => true,
    () => false,
  );
}

describe('an option of a listener', () => {
  it('is taken by @OnEvent if and only if forRoot takes it, whatever its value', async () => {
    const random = new Random(3);
    const taken = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const [name, value] = [random.pick(NAMES), newValue(random)];
      const byDecorator = takenByDecorator({ [name]: value });
      const verdicts = [byDecorator, await takenByModule({ [name]: value })];
      expect([name, value, ...verdicts]).toEqual([name, value, byDecorator, byDecorator]);
      if (!byDecorator || value === undefined) continue;
      taken.set(name, (taken.get(name) ?? 0) + 1);
      // What is taken can be used.
      if (name === 'retryFor')
        expect(fillListenerOptions({ retryFor: value as string }).retryFor).toBeGreaterThan(0);
      if (name === 'since') expect(groupStart(value as Date)).toMatch(/^(\$|\d+(-\d+)?)$/);
    }
    // The values are not all wrong, nor all right.
    for (const name of NAMES) expect(taken.get(name)).toBeGreaterThan(10);
  });

  it.each<[keyof ListenerOverrides, unknown]>([
    ['since', '111111111111111111111'],
    ['since', '18446744073709551616-0'],
    ['since', null],
    ['maxAttempts', null],
    ['timeout', null],
    ['onError', null],
  ])('%s of %p is refused at both doors', async (name, value) => {
    expect(takenByDecorator({ [name]: value })).toBe(false);
    expect(await takenByModule({ [name]: value })).toBe(false);
  });
});

describe('fillListenerOptions', () => {
  it('gives each option its default, where it has one', () => {
    expect(fillListenerOptions()).toEqual({
      since: 'beginning',
      onError: 'retry',
      backoff: { initial: 100, max: 30_000, factor: 2 },
      retryFor: 900_000,
      said: [],
    });
  });

  it.each<[ListenerOverrides[], ListenerOverrides]>([
    [[{ maxAttempts: 3 }], { maxAttempts: 3 }],
    [[{ retryFor: '1h' }], { retryFor: 3_600_000 }],
    [[{ retryFor: '1h' }, { maxAttempts: 3 }], { retryFor: 3_600_000, maxAttempts: 3 }],
    [[{}, { maxAttempts: 3 }], { maxAttempts: 3 }],
    [[{}, { retryFor: undefined }], { retryFor: 900_000 }],
  ])('limits time by default where nothing limits the attempts: %j', (given, expected) => {
    const { retryFor, maxAttempts } = fillListenerOptions(...given);
    const limits = { retryFor: undefined, maxAttempts: undefined, ...expected };
    expect({ retryFor, maxAttempts }).toEqual(limits);
  });

  it('knows what was said', () => {
    const given = [{ timeout: 5 }, undefined, { onError: 'retry', since: undefined } as const];
    expect(fillListenerOptions(...given).said).toEqual(['onError', 'timeout']);
  });

  it('takes the strongest of what is said; undefined says nothing', () => {
    const said = [
      { maxAttempts: 3, timeout: 5 },
      { maxAttempts: 4, timeout: undefined },
    ];
    expect(fillListenerOptions(...said)).toMatchObject({ maxAttempts: 4, timeout: 5 });
  });

  it('accepts its own defaults', () => {
    for (const { default: value, accepts } of Object.values(LISTENER_OPTIONS)) {
      if (value !== undefined) expect(accepts(value)).toBe(true);
    }
  });
});
