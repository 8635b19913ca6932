import { describe, expect, it } from '@jest/globals';
import {
  clientOptions,
  describePlace,
  placeKey,
  type RedisPlace,
} from '../../../lib/redis/client-options.js';

const SENTINELS = [{ host: '10.0.0.1', port: 26380 }, { host: '::1' }];

const optionsFor = (place: RedisPlace) =>
  clientOptions(place, {
    ...{ connectionName: 'ours' },
    ...{ retryStrategy: () => 1, reconnectOnError: () => false },
  });

describe('clientOptions', () => {
  it.each<[string, object]>([
    ['redis://h', { host: 'h', port: 6379, db: 0 }],
    ['redis://u:p%40ss@h:1/3', { host: 'h', port: 1, db: 3, username: 'u', password: 'p@ss' }],
    ['redis://[::1]:1?db=2&family=6', { host: '::1', port: 1, db: 2, family: 6 }],
    ['REDISS://h', { host: 'h', port: 6379, db: 0, tls: {} }],
    ['unix:///run/redis.sock?db=2', { path: '/run/redis.sock', db: 2 }],
    ['/run/redis.sock', { path: '/run/redis.sock', db: 0 }],
  ])('of %s hold %j', (url, expected) => {
    expect(optionsFor({ url })).toMatchObject(expected);
  });

  it('take parameters before the URL, and nothing before what promises rest on', () => {
    const connectionParameters = {
      host: 'other',
      db: 3,
      connectionName: 'theirs',
      enableOfflineQueue: true,
      autoResendUnfulfilledCommands: true,
      maxRetriesPerRequest: 20,
      protocol: 3,
      lazyConnect: false,
      socketTimeout: 5,
      keyPrefix: 'zz:',
      retryStrategy: 'off',
      reconnectOnError: null,
    };

    const options = optionsFor({
      url: 'redis://h/0?keyPrefix=zz:&enableOfflineQueue=true',
      connectionParameters,
    });

    expect(options).toMatchObject({
      host: 'other',
      db: 3,
      connectionName: 'theirs',
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      protocol: 2,
      lazyConnect: true,
      socketTimeout: undefined,
      keyPrefix: '',
      retryStrategy: expect.any(Function),
      reconnectOnError: expect.any(Function),
    });
  });
});

describe('describePlace', () => {
  it.each<[string, object | undefined, string]>([
    ['redis://u:secret@h:1/3', undefined, 'redis://h:1/3'],
    ['rediss://[::1]?db=2', undefined, 'rediss://[::1]:6379/2'],
    ['unix:///run/redis.sock', undefined, 'unix:///run/redis.sock'],
    ['/run/redis.sock?db=2', undefined, 'unix:///run/redis.sock?db=2'],
    ['redis://127.0.0.1:6379/0', { host: 'h', db: 4, password: 'secret' }, 'redis://h:6379/4'],
    [
      'redis://127.0.0.1:6379/0',
      { sentinels: SENTINELS, name: 'mymaster', db: 4, sentinelPassword: 'secret' },
      'redis+sentinel://10.0.0.1:26380,[::1]:26379/mymaster/4',
    ],
  ])('of %s with %j', (url, connectionParameters, expected) => {
    expect(describePlace({ url, connectionParameters: { ...connectionParameters } })).toBe(
      expected,
    );
  });
});

describe('placeKey', () => {
  const key = (url: string, connectionParameters?: Record<string, unknown>) =>
    placeKey({ url, connectionParameters });

  it.each<[string, string, Record<string, unknown>]>([
    ['a port that goes without saying', 'redis://h:6379/2?family=4', {}],
    ['a database in the query', 'redis://h?family=4&db=2', {}],
    ['parameters instead of the URL', 'redis://other/9', { family: 4, db: 2, host: 'h' }],
    ['a parameter that is not given', 'redis://h/2?family=4', { username: undefined }],
  ])('is the same for %s', (_, url, parameters) => {
    expect(key(url, parameters)).toBe(key('redis://h/2?family=4'));
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['another host', 'redis://g/2', {}],
    ['another port', 'redis://h:1/2', {}],
    ['another database', 'redis://h/3', {}],
    ['another user', 'redis://u:p@h/2', {}],
    ['TLS', 'rediss://h/2', {}],
    ['a socket', 'unix:///h?db=2', {}],
    ['sentinels', 'redis://h/2', { sentinels: SENTINELS, name: 'mymaster' }],
  ])('is another one for %s', (_, url, parameters) => {
    expect(key(url, parameters)).not.toBe(key('redis://h/2'));
  });
});
