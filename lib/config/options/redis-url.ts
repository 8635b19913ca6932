import { maskUrl } from '../checks/mask.js';
import type { Violation } from './option.js';

/** What a Redis URL looks like, for errors and the docs. */
export const REDIS_URL_FORMS =
  'a Redis URL: redis://[[user]:password@]host[:port][/db], rediss://… for TLS, or unix:///path/to/redis.sock[?db=n]';

/** How one begins, for editors: JSON Schema knows no case-insensitive patterns. */
export const REDIS_URL_PATTERN = '^(/|[Uu][Nn][Ii][Xx]:///|[Rr][Ee][Dd][Ii][Ss][Ss]?://)';

/** Rule for the Redis URLs that Lightbus and this module both understand. */
export function checkRedisUrl(url: string): Violation | undefined {
  const problem = problemOf(url);
  if (problem === undefined) return undefined;
  return { expected: REDIS_URL_FORMS, found: `'${maskUrl(url)}' (${problem})` };
}

/** Which of ioredis's options a URL that passed {@link checkRedisUrl} sets, beside the address. */
export function optionsInUrl(url: string): string[] {
  if (isSocket(url)) return [...queryOf(url).keys()];
  const { username, password, pathname } = new URL(url);
  return [
    ...(username ? ['username'] : []),
    ...(password ? ['password'] : []),
    ...(pathname.length > 1 ? ['db'] : []),
    ...queryOf(url).keys(),
  ];
}

function problemOf(url: string): string | undefined {
  if (/\s/.test(url)) return 'it holds white space; encode it as %20';
  if (isSocket(url)) return socketProblem(url) ?? queryProblem(queryOf(url), ['db']);
  if (/^unix:\/\//i.test(url)) return 'unix:// needs an absolute path: unix:///…';
  if (!/^rediss?:\/\//i.test(url)) return 'it does not begin with redis://, rediss:// or unix://';
  if (!URL.canParse(url)) {
    return 'it is no valid URL; check host and port, and encode special characters of the password: @ as %40, / as %2F, # as %23';
  }
  const parsed = new URL(url);
  if (!parsed.hostname) return 'it names no host';
  if (/[${}]/.test(parsed.hostname))
    return 'a variable stands for its host; only those of files are filled in, as ${NAME}';
  if (!isDecodable(parsed.username + parsed.password)) return 'write a % in the password as %25';
  if (!/^\/?\d*$/.test(parsed.pathname)) return "what follows the host's / is no database number";
  const namesDatabase = parsed.pathname.length > 1;
  return queryProblem(parsed.searchParams, namesDatabase ? ['family'] : ['db', 'family']);
}

function isSocket(url: string): boolean {
  return /^(unix:\/\/)?\//i.test(url);
}

function socketProblem(url: string): string | undefined {
  const [file = ''] = url.replace(/^unix:\/\//i, '').split('?', 1);
  return file.startsWith('//') || file.endsWith('/') ? 'it names no socket file' : undefined;
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.replace(/^[^?]*/, ''));
}

function queryProblem(query: URLSearchParams, allowed: readonly string[]): string | undefined {
  const names = [...query.keys()];
  if (names.some((name) => !['db', 'family'].includes(name))) {
    return 'its query can set db and family only; set other options of the Redis client in connection_parameters';
  }
  if (names.length > new Set(names).size || !names.every((name) => allowed.includes(name))) {
    return 'its query sets what is set already, or has no meaning here';
  }
  if (!/^\d*$/.test(query.get('db') ?? '')) return 'db is no database number';
  return /^[046]$/.test(query.get('family') ?? '0') ? undefined : 'family must be 0, 4 or 6';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
