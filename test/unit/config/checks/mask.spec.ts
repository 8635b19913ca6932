import { describe, expect, it } from '@jest/globals';
import { maskText, maskUrl } from '../../../../lib/config/checks/mask.js';

describe('maskUrl', () => {
  it.each([
    ['redis://redis_host:6379/0', 'redis://redis_host:6379/0'],
    ['redis://127.0.0.1', 'redis://127.0.0.1'],
    ['redis://[::1]:6379/0', 'redis://[::1]:6379/0'],
    ['https://host/lightbus.yaml', 'https://host/lightbus.yaml'],
    ['https://host/@team/lightbus.yaml', 'https://host/@team/lightbus.yaml'],
    ['/var/run/redis.sock', '/var/run/redis.sock'],
    ['unix:///var/run/redis.sock?db=', 'unix:///var/run/redis.sock?db='],
  ])('leaves %s, which holds no secret, as it is', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });

  it.each([
    ['redis://app:hunter2@redis_host:6379/0', 'redis://app:***@redis_host:6379/0'],
    ['rediss://:hunter2@redis_host', 'rediss://:***@redis_host'],
    ['https://hunter2@host/lightbus.yaml', 'https://***@host/lightbus.yaml'],
    ['https://host/lightbus.yaml?token=hunter2&a=', 'https://host/lightbus.yaml?token=***&a='],
    ['https://host/lightbus.yaml?hunter2', 'https://host/lightbus.yaml?***'],
    ['https://host/lightbus.yaml#key=hunter2', 'https://host/lightbus.yaml#key=***'],
    ['redis://host/0?password=hunter2', 'redis://host/0?password=***'],
    ['/var/run/redis.sock?password=hunter2', '/var/run/redis.sock?password=***'],
  ])('masks the secret in %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });

  it.each([
    'redis://:hunter2',
    'redis://:hun/ter2@host',
    'redis://:hun?ter2@host',
    'redis://:hun#ter2@host',
    'redis://:hun@ter2@host',
    'https://user:hun/ter2@host/x',
    'app:hunter2@redis_host:6379',
    'http//app:hunter2@redis_host:6379',
    'redis:/app:hunter2@redis_host',
  ])('masks what is meant as a secret in %s, which is no proper URL', (url) => {
    expect(maskUrl(url)).not.toMatch(/ter2/);
    expect(maskUrl(url)).not.toMatch(/hun/);
  });
});

describe('maskText', () => {
  it.each(['per_api?', 'a: b', 'worker#1'])('leaves %p as it is', (text) => {
    expect(maskText(text)).toBe(text);
  });

  it('masks the password of a URL', () => {
    expect(maskText('redis://:hunter2@host')).toBe('redis://:***@host');
  });
});
