import { describe, expect, it } from '@jest/globals';
import type { DashboardRequest } from '../../../../lib/dashboard/request.js';
import { CsrfTokens } from '../../../../lib/dashboard/security/csrf.js';

const SECRET = 'a secret that several processes have in common';

function ask(headers: Readonly<Record<string, string>> = {}, user?: unknown): DashboardRequest {
  return { method: 'GET', originalUrl: '/lightbus/plan', headers, socket: {}, user };
}

interface Given {
  readonly cookie: string;
  readonly token: string;
}

/** What the browser sends back of a cookie that it was given. */
function cookie(tokens: CsrfTokens, user?: unknown): Given {
  const { token, headers } = tokens.issue(ask({}, user));
  return { token, cookie: headers['set-cookie']!.split(';')[0]! };
}

describe('a token', () => {
  it('is taken with its cookie, and the cookie serves the next form, too', () => {
    const tokens = new CsrfTokens({});
    const { cookie: sent, token } = cookie(tokens);
    const request = ask({ cookie: `theme=dark; ${sent}; other=1` });

    expect(tokens.refusal(request, token)).toBeUndefined();
    expect(tokens.issue(request)).toEqual({ token, headers: {} });
  });

  it('is taken by another process with the same secret, and by none with another', () => {
    const { cookie: sent, token } = cookie(new CsrfTokens({ secret: SECRET }));
    const refusals = [{ secret: SECRET }, { secret: `${SECRET}!` }, {}].map((settings) =>
      new CsrfTokens(settings).refusal(ask({ cookie: sent }), token),
    );

    expect(refusals).toEqual([undefined, expect.any(String), expect.any(String)]);
  });

  it.each<[string, (given: Given) => [DashboardRequest, string | undefined]]>([
    ['is missing', ({ cookie }) => [ask({ cookie }), undefined]],
    ['is empty', ({ cookie }) => [ask({ cookie }), '']],
    ['is cut', ({ cookie, token }) => [ask({ cookie }), token.slice(1)]],
    ['is the cookie', ({ cookie }) => [ask({ cookie }), cookie.split('=')[1]]],
    ['has no cookie', ({ token }) => [ask(), token]],
    [
      'has a cookie of another form',
      ({ token }) => [ask({ cookie: 'lightbus_dashboard=x' }), token],
    ],
    [
      'has the cookie of another browser',
      ({ token }) => [ask({ cookie: `lightbus_dashboard=${'x'.repeat(24)}` }), token],
    ],
    ['is that of another user', ({ cookie, token }) => [ask({ cookie }, { id: 'eve' }), token]],
  ])('is refused where it %s', (_, change) => {
    const tokens = new CsrfTokens({});

    expect(tokens.refusal(...change(cookie(tokens, { id: 'ada' })))).toEqual(expect.any(String));
  });

  it('comes with a cookie that scripts and other sites do not get, and only HTTPS where there is HTTPS', () => {
    const tokens = new CsrfTokens({});
    const given = (headers: Readonly<Record<string, string>>) =>
      tokens.issue(ask(headers)).headers['set-cookie'];
    const encrypted = { ...ask(), socket: { encrypted: true } as DashboardRequest['socket'] };

    expect(given({})).toMatch(/^lightbus_dashboard=[\w-]{24}; HttpOnly; SameSite=Strict$/);
    expect(given({ 'x-forwarded-proto': 'https,http' })).toMatch(/; Secure$/);
    expect(tokens.issue(encrypted).headers['set-cookie']).toMatch(/; Secure$/);
  });
});
