import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  LISTENER_OPTIONS,
  type ListenerOverrides,
} from '../../lib/config/options/listener.options.js';
import { documentedOptions } from './listener-options.js';

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
