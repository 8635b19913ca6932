import { describe, expect, it } from '@jest/globals';
import { checkRedisUrl, optionsInUrl } from '../../../../lib/config/options/redis-url.js';

describe('checkRedisUrl', () => {
  it.each([
    'redis://redis_host:6379/0',
    'redis://127.0.0.1',
    'redis://[::1]:6379/15',
    'REDIS://host/',
    'rediss://app:p%40ss@redis.example.com:6380/3',
    'redis://:pass@host?family=6',
    'unix:///var/run/redis.sock',
    'unix:///var/run/redis.sock?db=2',
    '/var/run/redis.sock',
    'redis://host?db=3',
    'redis://host/3?family=0',
  ])('accepts %s', (url) => {
    expect(checkRedisUrl(url)).toBeUndefined();
  });

  it.each([
    ['http://host', 'does not begin'],
    ['redis_host:6379', 'does not begin'],
    ['', 'does not begin'],
    ['redis://', 'no host'],
    ['redis://host:port', 'no valid URL'],
    ['redis://host:99999', 'no valid URL'],
    ['redis://host/zero', 'no database number'],
    ['redis://host/0/1', 'no database number'],
    ['redis://my host', 'white space'],
    ['redis://:100%@host', '%25'],
    ['unix://var/run/redis.sock', 'absolute path'],
    ['unix:///', 'no socket file'],
    ['//host', 'no socket file'],
    ['redis://host/0?keyPrefix=zz:', 'connection_parameters'],
    ['redis://host/0?enableOfflineQueue=true', 'connection_parameters'],
    ['redis://host/0?retryStrategy=off', 'connection_parameters'],
    ['unix:///run/redis.sock?keyPrefix=zz:', 'connection_parameters'],
    ['redis://host/0?hunter2', 'connection_parameters'],
    ['redis://host/0?db=1', 'set already'],
    ['redis://host?db=1&db=2', 'set already'],
    ['unix:///run/redis.sock?family=6', 'no meaning'],
    ['redis://host?db=one', 'no database number'],
    ['redis://host?family=5', '0, 4 or 6'],
    ['redis://${REDIS_HOST}:6379/0', 'a variable'],
    ['redis://{{host}}/0', 'a variable'],
  ])('refuses %p', (url, reason) => {
    expect(checkRedisUrl(url)?.found).toContain(reason);
  });

  it('never shows the password of a URL that it refuses', () => {
    for (const url of ['redis://:hunter2', 'http://a:hunter2@host', 'redis://:hunter2@host/x']) {
      expect(JSON.stringify(checkRedisUrl(url))).not.toContain('hunter2');
    }
  });
});

describe('optionsInUrl', () => {
  it.each([
    ['redis://host', []],
    ['redis://host/', []],
    ['redis://host:6379/0', ['db']],
    ['rediss://app@host', ['username']],
    ['redis://:p%40ss@host?db=3', ['password', 'db']],
    ['redis://app:pass@host/2?family=6', ['username', 'password', 'db', 'family']],
    ['unix:///run/redis.sock', []],
    ['/run/redis.sock?db=2', ['db']],
  ])('of %s are %j', (url, options) => {
    expect(optionsInUrl(url)).toEqual(options);
  });
});
