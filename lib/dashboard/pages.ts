import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DashboardBus } from './dashboard-bus.js';
import { DASHBOARD_SETTINGS, type LightbusDashboardSettings } from './dashboard-options.js';
import { PageError } from './page-error.js';
import { baseOf, type DashboardRequest } from './request.js';
import type { Frame, PayloadModel } from './views/models.js';

/** Nothing but what this page brings itself is loaded, run or sent to, and nobody frames it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"],
].join('; ');

export const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With none at all, browsers would send forms with `Origin: null`.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** How an answer differs from a page that was found. */
export interface Answer {
  /** @default 200 */
  readonly status?: number;
  /** In lower case; beside those of all answers, or in place of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers requests, with the headers that all answers have. Handlers answer by this, not by what they return, so that
 * an interceptor of the application that rewrites returned values does not touch pages.
 */
@Injectable()
export class Pages {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly bus: DashboardBus,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: LightbusDashboardSettings,
  ) {}

  /** What is around a page. @param at see `baseOf`. */
  frame(request: DashboardRequest, at: 'base' | 'page' = 'page'): Frame {
    return {
      base: baseOf(request, at),
      service: this.bus.serviceName,
      places: this.bus.places(),
      now: new Date(),
      actions: this.settings.actions ?? false,
    };
  }

  /**
   * Answers with a page, or with a text of another kind.
   *
   * @param response of Nest's platform, whichever that is.
   */
  send(response: unknown, body: string, { status = 200, headers = {} }: Answer = {}): void {
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, body, status);
  }

  /**
   * Answers with a payload to be saved, as plain text that no browser shows or runs.
   *
   * @param name of the file: letters, digits, `-` and `.`.
   * @throws PageError 403 where nothing of it may be shown.
   */
  sendFile(response: unknown, name: string, payload: PayloadModel): void {
    if (payload.kind === 'hidden') {
      throw new PageError(403, 'Hidden', `Nothing of this payload is shown: ${payload.reason}.`);
    }
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="${name}"`,
    };
    this.send(response, payload.text, { headers });
  }

  /** Sends a form's reader on, so that loading the answer anew does not repeat the action. @param url relative. */
  seeOther(response: unknown, url: string): void {
    this.send(response, '', { status: 303, headers: { location: url } });
  }
}
