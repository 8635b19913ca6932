import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type LightbusDashboardSettings } from '../dashboard-options.js';
import { headerOf, type DashboardRequest } from '../request.js';
import { userOf } from './who.js';

/** Name of the field that carries the token. */
export const TOKEN_FIELD = 'token';

const COOKIE = 'lightbus_dashboard';

/** What a form needs to be taken. */
export interface IssuedToken {
  readonly token: string;
  /** For the answer that has the form. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Tokens that only our own pages can know: each is bound to a cookie of the browser, to the user and to a secret.
 * Nothing is remembered, so processes with the same secret take each other's.
 */
@Injectable()
export class CsrfTokens {
  private readonly secret: string | Buffer;

  constructor(@Inject(DASHBOARD_SETTINGS) { secret }: LightbusDashboardSettings) {
    this.secret = secret ?? randomBytes(32);
  }

  /** For a page with a form. */
  issue(request: DashboardRequest): IssuedToken {
    const known = cookieOf(request);
    const cookie = known ?? randomBytes(18).toString('base64url');
    // Without `Path` it is for what is beside the page, wherever a proxy has put that.
    const attributes = `HttpOnly; SameSite=Strict${isSecure(request) ? '; Secure' : ''}`;
    return {
      token: this.sign(cookie, request),
      headers: known === undefined ? { 'set-cookie': `${COOKIE}=${cookie}; ${attributes}` } : {},
    };
  }

  /** Why the token of a form is not taken; `undefined` where it is. */
  refusal(request: DashboardRequest, token: string | undefined): string | undefined {
    const cookie = cookieOf(request);
    if (token === undefined || token === '') return 'the form brings no token';
    if (cookie === undefined) return 'the browser brings no cookie of this page';
    if (isEqual(token, this.sign(cookie, request))) return undefined;
    return 'its token is that of another user, another browser, or another process';
  }

  private sign(cookie: string, request: DashboardRequest): string {
    const signed = JSON.stringify([cookie, userOf(request)]);
    return createHmac('sha256', this.secret).update(signed).digest('base64url');
  }
}

function cookieOf(request: DashboardRequest): string | undefined {
  const cookies = headerOf(request, 'cookie')?.split(';') ?? [];
  const found = cookies.map((cookie) => /^\s*lightbus_dashboard=([\w-]{24})\s*$/.exec(cookie)?.[1]);
  return found.find((value) => value !== undefined);
}

function isSecure(request: DashboardRequest): boolean {
  const [forwarded] = (headerOf(request, 'x-forwarded-proto') ?? '').split(',');
  const { socket } = request;
  return forwarded?.trim() === 'https' || (!!socket && 'encrypted' in socket);
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
