/** A request as Express and Fastify both have it. */
export interface DashboardRequest {
  readonly method: string;
  /** Path and query as the client sent them. Fastify and Express keep `url` for themselves to change. */
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Of HTTP; Fastify has it on Node's own request. */
  readonly httpVersion?: string;
  readonly raw?: { readonly httpVersion?: string };
  readonly socket: { readonly remoteAddress?: string } | null | undefined;
  /** What a guard of the application has found out about who asks. */
  readonly user?: unknown;
  /** The fields of a form, where something has read them. */
  readonly body?: unknown;
}

/** The query of a request, read alike on every platform: their own parsers differ. */
export function queryOf({ originalUrl }: Pick<DashboardRequest, 'originalUrl'>): URLSearchParams {
  const at = originalUrl.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : originalUrl.slice(at + 1));
}

/** A header that may be there once; `undefined` where it is not, and where it is there twice. */
export function headerOf(
  { headers }: Pick<DashboardRequest, 'headers'>,
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The version of HTTP that the client speaks, such as `1.1`. */
export function versionOf({ httpVersion, raw }: DashboardRequest): string | undefined {
  return httpVersion ?? raw?.httpVersion;
}

/** Which host the client has asked, with its port: HTTP/2 says so by `:authority`. */
export function hostOf(request: Pick<DashboardRequest, 'headers'>): string | undefined {
  return headerOf(request, 'host') ?? headerOf(request, ':authority');
}

/**
 * Where the page's addresses begin, seen from the address that was asked, without `/` at its end. Relative, as what
 * lies before it only a proxy may know.
 *
 * @param at whether the page itself was asked, or what is one level below it.
 */
export function baseOf(
  { originalUrl }: Pick<DashboardRequest, 'originalUrl'>,
  at: 'base' | 'page',
): string {
  const [path = ''] = originalUrl.split('?', 1);
  if (path.endsWith('/')) return at === 'base' ? '.' : '..';
  return at === 'base' ? `./${path.slice(path.lastIndexOf('/') + 1)}` : '.';
}
