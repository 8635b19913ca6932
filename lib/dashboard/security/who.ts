import { headerOf, type DashboardRequest } from '../request.js';

/** Where guards put a user's name, the most certain first. */
const NAMES = ['id', 'sub', 'userId', 'username', 'name', 'email'] as const;

/** How much of a name is kept. */
const LONGEST = 200;

/** Who asks, by what a guard has set as `request.user`; `null` where none has, or it has no name. */
export function userOf({ user }: Pick<DashboardRequest, 'user'>): string | null {
  if (typeof user === 'string' || typeof user === 'number') return shorten(String(user));
  if (typeof user !== 'object' || user === null) return null;
  for (const name of NAMES) {
    const value: unknown = (user as Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
      return shorten(String(value));
    }
  }
  return null;
}

/** Who asks and from where, for the log. */
export function describeWho(request: DashboardRequest): string {
  const user = userOf(request);
  const address = request.socket?.remoteAddress ?? 'a socket without address';
  const forwarded = headerOf(request, 'x-forwarded-for');
  return (
    `${user === null ? 'Somebody' : `'${user}'`} at ${address}` +
    (forwarded === undefined ? '' : ` (which says it asks for '${shorten(forwarded)}')`)
  );
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
