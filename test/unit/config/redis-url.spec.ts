import { describe, expect, it } from '@jest/globals';
import { checkRedisUrl, redisUrlForClient } from '../../../lib/config/redis-url.js';

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
  ])('refuses %p', (url, reason) => {
    expect(checkRedisUrl(url)?.found).toContain(reason);
  });

  it('never shows the password of a URL that it refuses', () => {
    for (const url of ['redis://:hunter2', 'http://a:hunter2@host', 'redis://:hunter2@host/x']) {
      expect(JSON.stringify(checkRedisUrl(url))).not.toContain('hunter2');
    }
  });
});

describe('redisUrlForClient', () => {
  it('gives ioredis the path of a socket', () => {
    expect(redisUrlForClient('unix:///run/redis.sock?db=2')).toBe('/run/redis.sock?db=2');
  });

  it('leaves other URLs as they are', () => {
    expect(redisUrlForClient('rediss://:p%40ss@host/1')).toBe('rediss://:p%40ss@host/1');
  });
});
