import type { Remains } from '../../operations/retire-listener.js';
import type { GroupDetails } from '../../store/inspection.js';
import type { GroupUser } from '../../store/retirement.js';
import { brief } from '../brief.js';
import { colour } from '../colour.js';
import { formatDuration } from '../status/quantities.js';

/** What is left of a listener on one stream, for people; no line wider than `width` columns. */
export function formatRemains(remains: Remains, keepsLetters: boolean, width: number): string {
  const { store, ref, group, retirement } = remains;
  const { letters, users } = retirement;
  const lines: [name: string, value: string][] = [];
  if (group) {
    lines.push(['undelivered', describeUndelivered(group)], ['pending', describePending(group)]);
    for (const { nativeId, eventName, since, error } of group.failures)
      lines.push([
        'failing',
        `${eventName ?? 'event'} ${nativeId} since ${since.toISOString()}: ${error}`,
      ]);
  }
  const fate = keepsLetters ? 'kept: --with-dead-letters removes them' : 'removed, too';
  lines.push(['dead letters', letters > 0 ? `${letters}, ${fate}` : '0']);
  for (const user of users) lines.push(['used by', describeUser(user)]);
  return [
    colour(brief(`${ref.stream} on ${store.description}`, width), 'bold'),
    ...lines.map(([name, value]) => `  ${name.padEnd(12)}  ${brief(value, width - 16)}`),
  ].join('\n');
}

/** How many events the listener would leave unhandled: what it has not been given, and what is pending. */
export function countUnhandled(remains: readonly Remains[]): {
  readonly count: number;
  readonly isAtLeast: boolean;
} {
  let [count, isAtLeast] = [0, false];
  for (const { group } of remains) {
    count += (group?.undelivered?.count ?? 0) + (group?.pending ?? 0);
    isAtLeast ||= group !== null && (group.undelivered?.isAtLeast ?? true);
  }
  return { count, isAtLeast };
}

/** Who uses a group. */
export function describeUser({ consumer, worker, idleMs }: GroupUser): string {
  return worker
    ? `'${consumer}' (process ${worker.pid} on ${worker.host}, since ${worker.since})`
    : `'${consumer}' of another client (Python), idle for ${formatDuration(idleMs)}`;
}

function describeUndelivered({ undelivered }: GroupDetails): string {
  if (undelivered === null) return 'unknown';
  return `${undelivered.count}${undelivered.isAtLeast ? '+' : ''}`;
}

function describePending({ pending, oldestPending }: GroupDetails): string {
  if (!oldestPending) return String(pending);
  const { nativeId, pendingMs } = oldestPending;
  const age = pendingMs === null ? '' : ` for ${formatDuration(pendingMs)}`;
  return `${pending}, the oldest ${nativeId}${age}`;
}
