import { maskUrl } from './mask.js';
import type { Violation } from './option.js';

/** What a Redis URL looks like, for errors and the README. */
export const REDIS_URL_FORMS =
  'a Redis URL: redis://[[user]:password@]host[:port][/db], rediss://… for TLS, or unix:///path/to/redis.sock[?db=n]';

/** Rule for the Redis URLs that Lightbus and ioredis both understand. */
export function checkRedisUrl(url: string): Violation | undefined {
  const problem = problemOf(url);
  if (problem === undefined) return undefined;
  return { expected: REDIS_URL_FORMS, found: `'${maskUrl(url)}' (${problem})` };
}

/**
 * The URL as ioredis takes it: `unix://` URLs, which Python's client wants, become the plain path
 * of the socket. Others stay as they are.
 */
export function redisUrlForClient(url: string): string {
  return url.replace(/^unix:\/\/(?=\/)/i, '');
}

function problemOf(url: string): string | undefined {
  if (/\s/.test(url)) return 'it holds white space; encode it as %20';
  if (/^(unix:\/\/)?\//i.test(url)) return socketProblem(redisUrlForClient(url));
  if (/^unix:\/\//i.test(url)) return 'unix:// needs an absolute path: unix:///…';
  if (!/^rediss?:\/\//i.test(url)) return 'it does not begin with redis://, rediss:// or unix://';
  if (!URL.canParse(url)) {
    return 'it is no valid URL; check host and port, and encode special characters of the password: @ as %40, / as %2F, # as %23';
  }
  const parsed = new URL(url);
  if (!parsed.hostname) return 'it names no host';
  if (!isDecodable(parsed.username + parsed.password)) return 'write a % in the password as %25';
  if (!/^\/?\d*$/.test(parsed.pathname)) return "what follows the host's / is no database number";
  return undefined;
}

function socketProblem(path: string): string | undefined {
  const [file = ''] = path.split('?', 1);
  return file.startsWith('//') || file.endsWith('/') ? 'it names no socket file' : undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
