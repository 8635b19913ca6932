import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  checkSaidOnce,
  CLIENT_PARAMETERS,
  OWN_PARAMETERS,
} from '../../../../lib/config/options/connection-parameters.js';

describe('connection_parameters', () => {
  it('are the options of ioredis, each either taken or refused', () => {
    const { defaultOptions } = Redis as unknown as { defaultOptions: object };
    const known = [...CLIENT_PARAMETERS, ...OWN_PARAMETERS];

    expect(Object.keys(defaultOptions).filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });
});

describe('checkSaidOnce', () => {
  it.each([
    { connection_parameters: { host: 'h', port: 1, db: 3, username: 'u', password: 'p' } },
    { connection_parameters: { sentinels: [{ host: 'a' }], name: 'm', db: 4 } },
    { url: 'redis://h', connection_parameters: { db: 3, username: 'u', password: 'p' } },
    { url: 'redis://u@h/3', connection_parameters: { password: 'p' } },
    { url: 'redis://h/3', connection_parameters: { db: null, host: undefined } },
    { url: 'redis://h' },
  ])('accepts %j', (redis) => {
    expect(checkSaidOnce(redis)).toEqual([]);
  });

  it('names everything that is said twice', () => {
    const connection_parameters = { host: 'h', db: 1, password: 'p', family: 4 };

    const violations = checkSaidOnce({ url: 'redis://:p@h/0', connection_parameters });

    expect(violations.map(({ path }) => path?.at(-1))).toEqual(['host', 'db', 'password']);
    expect(violations[0]?.expected).toContain('say it once, in url');
  });
});
