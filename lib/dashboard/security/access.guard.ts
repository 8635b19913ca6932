import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AccessRefusedError } from '../page-error.js';
import { hostOf, versionOf, type DashboardRequest } from '../request.js';
import { isLoopbackAddress, isLoopbackHost } from './loopback.js';

/** Injection token: whether guards of the application decide who sees the page. */
export const HAS_GUARDS = Symbol('LIGHTBUS_DASHBOARD_HAS_GUARDS');

/** What proxies add: who asks is then not who is connected. */
const FORWARDED =
  /^(?:forwarded|via|x-(?:original-)?forwarded-.*|x-original-(?:host|url)|x-real-ip|(?:.*-)?(?:client|connecting)-ip|x-envoy-.*|x-amzn-.*)$/;

/**
 * Where no guards decide, answers only what this machine has asked itself: from its socket's address, which nobody can
 * make up, and under its own name. What a proxy has forwarded comes from elsewhere.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(@Inject(HAS_GUARDS) private readonly hasGuards: boolean) {}

  /** @throws AccessRefusedError 403 */
  canActivate(context: ExecutionContext): boolean {
    if (this.hasGuards) return true;
    const reason = refusal(context.switchToHttp().getRequest<DashboardRequest>());
    if (reason === undefined) return true;
    throw new AccessRefusedError(
      403,
      'Only for this machine',
      `This page has no guards, so it answers only what this machine has asked itself, and ${reason}. Open it on ` +
        'this machine (from afar: through an SSH tunnel, as localhost), or give LightbusDashboardModule.forRoot ' +
        'guards that decide who may see it.',
    );
  }
}

function refusal(request: DashboardRequest): string | undefined {
  if (!isLoopbackAddress(request.socket?.remoteAddress)) return 'this request comes from elsewhere';
  if (Object.keys(request.headers).some((name) => FORWARDED.test(name))) {
    return 'a proxy has forwarded this request';
  }
  // No browser has spoken it for decades; nginx does by itself, and then no header tells of it.
  if (versionOf(request) === '1.0') return 'only a proxy would ask by HTTP/1.0';
  if (!isLoopbackHost(hostOf(request))) return 'this request names another host';
  return undefined;
}
