const MASK = '***';

/**
 * A URL, or a text that was meant to be one, without its secrets: password (or the whole user part
 * where there is no separate password) and the values of the query are replaced by `***`. Errs on
 * the side of hiding too much where a text is no proper URL.
 *
 * @example maskUrl('redis://app:secret@redis_host:6379/0') // 'redis://app:***@redis_host:6379/0'
 */
export function maskUrl(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*:)?\/\//i.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length);
  if (scheme === '' && rest.startsWith('/')) return maskQuery(rest);

  const end = userinfoEnd(scheme, rest);
  if (end >= 0) return scheme + maskUserinfo(rest.slice(0, end)) + maskQuery(rest.slice(end));
  // 'redis://:secret' with the host forgotten: what stands where the port should is no number.
  return scheme + maskQuery(rest.replace(/^([^/?#[\]]*?:)(?!\d*(?:[/?#]|$))[^/?#]*/, `$1${MASK}`));
}

/** {@link maskUrl} for a text that may be anything: only what could hold a URL's secrets changes. */
export function maskText(text: string): string {
  return /@|:\/\//.test(text) ? maskUrl(text) : text;
}

/** {@link maskUrl} for the path of a file: changes only what could be a URL that lost its `//`. */
export function maskPath(path: string): string {
  return /:.*@/.test(path) ? maskUrl(path) : path;
}

/** Where the user part ends: at the position of its `@`; -1 without one. */
function userinfoEnd(scheme: string, rest: string): number {
  // A web address may hold an @ in its path. Elsewhere an unescaped / or ? in a password is the
  // likelier reason for a late @, so that everything before it may be secret.
  const web = /^https?:/i.test(scheme) && URL.canParse(scheme + rest);
  return (web ? rest.replace(/[/?#].*$/s, '') : rest).lastIndexOf('@');
}

function maskUserinfo(userinfo: string): string {
  const colon = userinfo.indexOf(':');
  return colon < 0 ? MASK : `${userinfo.slice(0, colon)}:${MASK}`;
}

function maskQuery(rest: string): string {
  const start = rest.search(/[?#]/);
  if (start < 0) return rest;
  const query = rest.slice(start).replace(/([?&#])([^=&#]*)(=?)([^&#]*)/g, maskParameter);
  return rest.slice(0, start) + query;
}

function maskParameter(
  whole: string,
  separator: string,
  name: string,
  equals: string,
  value: string,
): string {
  if (equals) return value ? `${separator}${name}=${MASK}` : whole;
  return name ? separator + MASK : whole;
}
