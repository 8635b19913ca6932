import type { BusStream } from '../operations/bus-streams.js';
import type { GroupDetails, StreamState } from '../store/inspection.js';
import { entryTime } from '../wire/entry-id.js';
import type { Activity, ListenerFacts, StreamFacts } from './views/models.js';

/** A stream as pages show it. @param activity `null` where it was not looked at. */
export function toStreamFacts(
  { name, owner, store }: BusStream,
  state: StreamState,
  activity: Activity | null,
): StreamFacts {
  return {
    stream: name,
    apiName: owner.apiName,
    eventName: owner.eventName,
    place: store.description,
    length: state.length,
    first: toEntry(state.firstId),
    last: toEntry(state.lastId),
    memoryBytes: state.memoryBytes,
    activity,
    listeners: state.groups.length,
  };
}

/** A listener on one stream as pages show it. */
export function toListenerFacts(stream: string, group: GroupDetails): ListenerFacts {
  const { unclaimed, lost, consumers, ...details } = group;
  return {
    ...details,
    stream,
    waiting: unclaimed,
    lost,
    consumers: consumers.map(({ name, pending, idleMs, worker }) => ({
      ...{ name, pending, idleMs },
      worker: worker && {
        host: worker.host,
        pid: worker.pid,
        since: new Date(worker.since),
        alive: worker.leaseMs !== null,
      },
    })),
  };
}

function toEntry(nativeId: string | null) {
  return nativeId === null ? null : { nativeId, timestamp: entryTime(nativeId) };
}
