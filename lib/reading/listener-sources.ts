import type { Listener } from '../listener/listener.js';
import type { StreamSource } from './stream-source.js';
import type { ApiStore, Stores } from '../store/stores.js';

/**
 * The streams that hold a listener's events as things stand, and how to read them.
 *
 * @param complete see `EventStore.streamsOfApi`.
 */
export async function findSources(
  listener: Pick<Listener, 'name' | 'selections'>,
  stores: Stores,
  complete: boolean,
): Promise<StreamSource[]> {
  const sources = new Map<string, StreamSource>();
  for (const { apiName, eventName } of listener.selections) {
    const target = stores.forApi(apiName);
    for (const stream of await target.streamsOf(eventName, complete)) {
      sources.set(stream, toSource(target, apiName, stream, listener.name));
    }
  }
  return [...sources.values()];
}

/** Whether streams may come into being that hold events of a listener, beside those that are known by name. */
export function mayGrow({ selections }: Pick<Listener, 'selections'>, stores: Stores): boolean {
  return selections.some(({ apiName, eventName }) => {
    const { stream_use } = stores.forApi(apiName).settings.event_transport;
    return eventName === '*' && stream_use === 'per_event';
  });
}

function toSource(
  { store, settings }: ApiStore,
  apiName: string,
  stream: string,
  listenerName: string,
): StreamSource {
  const { event_transport } = settings;
  const { service_name, consumer_name } = event_transport;
  return {
    apiName,
    store,
    ref: { stream, group: `${service_name}-${listenerName}`, consumer: consumer_name },
    owner: { service: service_name, listener: listenerName },
    settings: {
      batchSize: event_transport.batch_size,
      acknowledgementTimeoutMs: event_transport.acknowledgement_timeout * 1000,
      reclaimIntervalMs: event_transport.reclaim_interval * 1000,
      reclaimBatchSize: event_transport.reclaim_batch_size,
      consumerTtlMs: event_transport.consumer_ttl * 1000,
    },
    restartDelayMs: event_transport.consumption_restart_delay * 1000,
  };
}
