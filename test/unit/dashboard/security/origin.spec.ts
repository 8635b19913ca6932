import { describe, expect, it } from '@jest/globals';
import { foreignOrigin } from '../../../../lib/dashboard/security/origin.js';

type Headers = Readonly<Record<string, string>>;

const HOST = { host: 'ops.example.com' };

describe('a form is taken from', () => {
  it.each<[string, Headers]>([
    ['where the browser says so', { ...HOST, 'sec-fetch-site': 'same-origin' }],
    ['the host that was asked', { ...HOST, origin: 'https://ops.example.com' }],
    ['that host by http', { ...HOST, origin: 'http://ops.example.com' }],
    [
      'that host, its port named',
      { host: 'ops.example.com:443', origin: 'https://ops.example.com' },
    ],
    ['another port', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
    ['an IPv6 address', { host: '[::1]:3000', origin: 'http://[::1]:3000' }],
    ['another case', { host: 'OPS.example.com', origin: 'https://ops.example.com' }],
    ['where Referer says so', { ...HOST, referer: 'https://ops.example.com/lightbus/plan?x=1' }],
    ['HTTP/2', { ':authority': 'ops.example.com', origin: 'https://ops.example.com' }],
    [
      'behind a proxy that asks under another name',
      {
        host: 'app:3000',
        'x-forwarded-host': 'ops.example.com',
        origin: 'https://ops.example.com',
      },
    ],
    [
      'behind several proxies',
      {
        host: 'app:3000',
        'x-forwarded-host': 'ops.example.com, inner.example.com',
        origin: 'https://ops.example.com',
      },
    ],
    [
      'behind a proxy that follows RFC 7239',
      {
        host: 'app:3000',
        forwarded: 'for=1.2.3.4;host="ops.example.com:8443";proto=https, for=10.0.0.1;host=inner',
        origin: 'https://ops.example.com:8443',
      },
    ],
    [
      'behind a proxy that changes Host and says nothing, as the browser does',
      { host: 'app:3000', 'sec-fetch-site': 'same-origin', origin: 'https://ops.example.com' },
    ],
  ])('%s', (_, headers) => {
    expect(foreignOrigin({ headers })).toBeUndefined();
  });
});

describe('a form is refused from', () => {
  it.each<[string, Headers]>([
    ['nowhere', HOST],
    ['another site', { ...HOST, 'sec-fetch-site': 'cross-site' }],
    ['another host of the site', { ...HOST, 'sec-fetch-site': 'same-site' }],
    ['the address line', { ...HOST, 'sec-fetch-site': 'none' }],
    ['two at once', { ...HOST, 'sec-fetch-site': 'same-origin, cross-site' }],
    [
      'another site, whatever Origin says',
      { ...HOST, 'sec-fetch-site': 'cross-site', origin: 'https://ops.example.com' },
    ],
    ['another host', { ...HOST, origin: 'https://evil.example' }],
    ['another port', { ...HOST, origin: 'https://ops.example.com:8443' }],
    ['a longer name', { ...HOST, origin: 'https://ops.example.com.evil.example' }],
    ['a user of that name', { ...HOST, origin: 'https://ops.example.com@evil.example' }],
    ['a sandbox', { ...HOST, origin: 'null' }],
    ['a sandbox with a Referer', { ...HOST, origin: 'null', referer: 'https://ops.example.com/' }],
    ['no web page', { ...HOST, origin: 'file://ops.example.com' }],
    ['another Referer', { ...HOST, referer: 'https://evil.example/?https://ops.example.com' }],
    ['no URL', { ...HOST, referer: 'ops.example.com' }],
    ['no host', { origin: 'https://ops.example.com' }],
    ['an empty one', { ...HOST, origin: '' }],
    ['a host that is none', { host: 'x/y', origin: 'https://x' }],
    ['a host with a user', { host: 'x@ops.example.com', origin: 'https://ops.example.com' }],
  ])('%s', (_, headers) => {
    expect(foreignOrigin({ headers })).toEqual(expect.any(String));
  });
});
