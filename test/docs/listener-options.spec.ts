import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  LISTENER_OPTIONS,
  type ListenerOverrides,
} from '../../lib/config/options/listener.options.js';
import { documentedOptions, lastAttempt, renderListenerOptions } from './listener-options.js';

describe('the TSDoc of a listener option', () => {
  const options = documentedOptions();

  it('is there for each', () => {
    expect(options.map(({ name }) => name)).toEqual([
      'listenerName',
      ...Object.keys(LISTENER_OPTIONS),
    ]);
    for (const { text } of options) expect(text).toMatch(/\.\)?$/);
  });

  it('says the default that is used', () => {
    for (const option of options.slice(1)) {
      const { default: value } = LISTENER_OPTIONS[option.name as keyof ListenerOverrides];
      const written = value === undefined ? 'no limit' : inspect(value);
      expect([option.name, option.default]).toEqual([option.name, written]);
    }
  });
});

describe('how long an event is tried', () => {
  it('is computed from the code, and shown with the options', () => {
    expect(lastAttempt({ maxAttempts: 5 }, 1)).toEqual({ attempts: 5, afterMs: 1_500 });
    expect(lastAttempt({ maxAttempts: 5 }, 0)).toEqual({ attempts: 5, afterMs: 750 });
    // Nothing said outlasts a short outage.
    for (const random of [0, 1]) expect(lastAttempt({}, random).afterMs).toBe(15 * 60_000);
    expect(renderListenerOptions()).toContain('| `{ maxAttempts: 5 }` | 0.75 s to 1.5 s | 5 |');
  });
});
