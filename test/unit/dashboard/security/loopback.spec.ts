import { describe, expect, it } from '@jest/globals';
import { isLoopbackAddress, isLoopbackHost } from '../../../../lib/dashboard/security/loopback.js';

describe('isLoopbackAddress', () => {
  it.each([
    '127.0.0.1',
    '127.255.1.2',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ])('takes %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });

  it.each([
    undefined,
    ...['', '10.0.0.1', '128.0.0.1', '0.0.0.0', '::', '::2', '::ffff:10.0.0.1', '::ffff:8000:1'],
    ...['fe80::1', '127.0.0.1.example', 'localhost', ' 127.0.0.1', '127.1', '0x7f000001'],
  ])('refuses %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  });
});

describe('isLoopbackHost', () => {
  it.each([
    ...['localhost', 'LOCALHOST:3000', 'store.localhost:80', '127.0.0.1', '127.0.0.1:65535'],
    ...['[::1]', '[::1]:3000', '[::ffff:127.0.0.1]:3000'],
  ])('takes %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    undefined,
    ...['', 'example.com', 'localhost.example.com', '127.0.0.1.nip.io', 'notlocalhost', '[::2]'],
    ...['10.0.0.1', 'localhost:', 'localhost:3000:1', 'localhost@evil', 'evil#localhost', '::1'],
    ...['localhost, evil.example', 'evil.example/localhost', '[127.0.0.1]x', ' localhost'],
  ])('refuses %s', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
