import { headerOf, hostOf, type DashboardRequest } from '../request.js';

/**
 * Why a form may have been sent by another site's page; `undefined` where one of ours has sent it.
 *
 * Browsers say by `Sec-Fetch-Site` whose page it was, and no page can change that; they leave it out where the
 * connection is not secure. Then `Origin`, or else `Referer`, must name the host that was asked. A proxy may have
 * changed that: what it says by `X-Forwarded-Host` or `Forwarded` counts, too, as no page can send these.
 */
export function foreignOrigin(request: Pick<DashboardRequest, 'headers'>): string | undefined {
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== undefined) {
    return site === 'same-origin' ? undefined : 'the browser says that another page has sent it';
  }
  const from = headerOf(request, 'origin') ?? headerOf(request, 'referer');
  if (from === undefined) return 'it does not say by Origin or Referer which page has sent it';
  const origin = URL.canParse(from) ? new URL(from) : undefined;
  const isWeb = origin?.protocol === 'https:' || origin?.protocol === 'http:';
  if (origin && isWeb && hostsOf(request).some((host) => isHostOf(origin, host))) return undefined;
  return 'its Origin or Referer is not the host that was asked (a proxy must pass on Host, or send X-Forwarded-Host)';
}

function hostsOf(request: Pick<DashboardRequest, 'headers'>): string[] {
  // Of several proxies, the first one is next to the browser.
  const [forwardedHost] = (headerOf(request, 'x-forwarded-host') ?? '').split(',');
  const [, quoted, plain] =
    /^[^,]*?\bhost=(?:"([^"]*)"|([^;,\s]*))/i.exec(headerOf(request, 'forwarded') ?? '') ?? [];
  const hosts = [hostOf(request), forwardedHost?.trim(), quoted ?? plain];
  return hosts.flatMap((host) => host || []);
}

/** Without the port where it is the scheme's own. */
function isHostOf(origin: URL, host: string): boolean {
  const url = `${origin.protocol}//${host}`;
  // Nothing but a host: no user, no path.
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(url) && new URL(url).host === origin.host;
}
