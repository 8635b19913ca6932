import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { AccessGuard } from '../../../../lib/dashboard/security/access.guard.js';

/** A request from this address, as Nest hands it to guards. */
function from(
  remoteAddress: string | undefined,
  headers = {},
  httpVersion = '1.1',
): ExecutionContext {
  const all = { host: 'localhost:3000', ...headers };
  const request = { socket: { remoteAddress }, headers: all, raw: { httpVersion } };
  return { switchToHttp: () => ({ getRequest: () => request }) } as unknown as ExecutionContext;
}

describe('without guards', () => {
  const guard = new AccessGuard(false);

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('lets %s in', (address) => {
    expect(guard.canActivate(from(address))).toBe(true);
  });

  it.each([
    ['10.0.0.1', {}],
    ['::ffff:10.0.0.1', {}],
    ['2001:db8::1', {}],
    // A Unix socket: who is behind it?
    [undefined, {}],
    // What anybody can say.
    ['10.0.0.1', { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' }],
    ['127.0.0.1', { 'x-forwarded-proto': 'https' }],
    ['127.0.0.1', { host: undefined }],
  ])('refuses %s with %j', (address, headers) => {
    expect(() => guard.canActivate(from(address, headers))).toThrow(/only what this machine/);
  });

  it.each([
    'cf-connecting-ip',
    'true-client-ip',
    'fly-client-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-envoy-external-address',
    'x-original-forwarded-for',
    'x-original-host',
    'x-real-ip',
    'x-amzn-trace-id',
    'via',
  ])('refuses what proxies say by %s', (name) => {
    expect(() => guard.canActivate(from('127.0.0.1', { [name]: '127.0.0.1' }))).toThrow(/proxy/);
  });

  // nginx, as it comes: no header tells of it, and the host is the one that it asks.
  it('refuses HTTP/1.0, which only proxies speak', () => {
    expect(() => guard.canActivate(from('127.0.0.1', {}, '1.0'))).toThrow(/proxy/);
    expect(guard.canActivate(from('127.0.0.1', {}, '2.0'))).toBe(true);
  });

  it('refuses what has lost its socket', () => {
    const request = { socket: null, headers: { host: 'localhost' } };
    const context = { switchToHttp: () => ({ getRequest: () => request }) };
    expect(() => guard.canActivate(context as unknown as ExecutionContext)).toThrow(/elsewhere/);
  });
});

it('leaves everything to guards where there are some', () => {
  expect(new AccessGuard(true).canActivate(from('10.0.0.1', { host: 'ops.example.com' }))).toBe(
    true,
  );
});
