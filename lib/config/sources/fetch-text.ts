import { maskText, maskUrl } from '../checks/mask.js';
import type { Violation } from '../options/option.js';
import { decodeText, LARGEST_TEXT } from './parse-text.js';

/** Bounds of {@link fetchText}. */
export interface FetchLimits {
  /** For everything: connecting, redirects, the whole body. Milliseconds. */
  readonly timeoutMs: number;
  /** Size of the body, after decompression. */
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

const LIMITS: FetchLimits = { timeoutMs: 10_000, maxBytes: LARGEST_TEXT, maxRedirects: 5 };

/**
 * Gets a configuration from an http(s) URL, whatever its content type. Returns what is in the way
 * instead of throwing. User and password in the URL go into an Authorization header, to this
 * origin only.
 */
export async function fetchText(url: string, limits = LIMITS): Promise<string | Violation> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await follow(url, limits, signal);
    return 'expected' in response ? response : await readBody(response, limits);
  } catch (error) {
    if (signal.aborted) {
      const expected = `the whole configuration within ${limits.timeoutMs / 1000} s`;
      return { expected, found: 'no end of it by then' };
    }
    return { expected: 'a configuration', found: describeFailure(error) };
  }
}

async function follow(
  start: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Response | Violation> {
  let url = new URL(start);
  const headers = authorization(url);
  for (let redirects = 0; redirects <= limits.maxRedirects; redirects += 1) {
    const response = await fetch(withoutUser(url), { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      return response.ok ? response : await refuse(response, 'a configuration', statusOf(response));
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol)) {
      const found = `a redirect to ${maskUrl(location)}`;
      return refuse(response, 'a redirect to an http(s) URL', found);
    }
    if (next.origin !== url.origin) headers.delete('authorization');
    await response.body?.cancel();
    url = next;
  }
  return { expected: `at most ${limits.maxRedirects} redirects`, found: 'one more' };
}

async function refuse(response: Response, expected: string, found: string): Promise<Violation> {
  await response.body?.cancel();
  return { expected, found };
}

function statusOf(response: Response): string {
  return `HTTP ${response.status} ${response.statusText}`.trimEnd();
}

async function readBody(response: Response, limits: FetchLimits): Promise<string | Violation> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (!body) return '';
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > limits.maxBytes) {
      return { expected: `at most ${limits.maxBytes} bytes`, found: 'more' };
    }
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks)) ?? { expected: 'text in UTF-8', found: 'other bytes' };
}

function authorization(url: URL): Headers {
  const headers = new Headers({ accept: 'application/yaml, application/json, */*;q=0.5' });
  if (url.username || url.password) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(user).toString('base64')}`);
  }
  return headers;
}

function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

// fetch says 'fetch failed' and keeps the reason in its cause; where several addresses were tried,
// that has a code only.
function describeFailure(error: unknown): string {
  const { cause, message = '' } = error as { cause?: unknown; message?: string };
  const reason = (cause ?? { message }) as { message?: string; code?: string };
  return `a failed request: ${maskText(reason.message || reason.code || message)}`;
}
