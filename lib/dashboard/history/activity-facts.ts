import type { StreamActivity } from '../../operations/stream-activity.js';
import type { Activity } from '../views/models.js';

/** Of a stream's traffic, what pages show. @param activity `null` where the stream is empty. */
export function toActivity(activity: StreamActivity | null): Activity | null {
  if (!activity) return null;
  const { from, until, counts, perMinute, names } = activity;
  return {
    ...{ from, until, counts, perMinute, basis: basisOf(activity) },
    names: names.map((one) => ({ ...one, name: one.name === '' ? '(no name)' : one.name })),
  };
}

function basisOf({ isExact, looked, otherNames }: StreamActivity): string {
  const entries = `${looked.toLocaleString('en')} ${looked === 1 ? 'entry' : 'entries'}`;
  const what = isExact
    ? `the newest ${entries}, each of which was looked at`
    : `${entries} at points that are spread over it, so these are estimates`;
  return otherNames > 0 ? `${what}, with ${otherNames} more names` : what;
}
