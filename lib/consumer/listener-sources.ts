import type { Listener } from '../listener/listener.js';
import type { StreamSource } from '../transport/subscription.js';
import type { ApiTransport, Transports } from '../transport/transports.js';

/** The streams that hold a listener's events as things stand, and how to read them. */
export async function findSources(
  listener: Pick<Listener, 'name' | 'selections'>,
  transports: Transports,
): Promise<StreamSource[]> {
  const sources = new Map<string, StreamSource>();
  for (const { apiName, eventName } of listener.selections) {
    const target = transports.forApi(apiName);
    for (const stream of await target.streamsOf(eventName)) {
      sources.set(stream, toSource(target, apiName, stream, listener.name));
    }
  }
  return [...sources.values()];
}

function toSource(
  { transport, settings }: ApiTransport,
  apiName: string,
  stream: string,
  listenerName: string,
): StreamSource {
  const { event_transport } = settings;
  const { service_name, consumer_name } = event_transport;
  return {
    apiName,
    transport,
    ref: { stream, group: `${service_name}-${listenerName}`, consumer: consumer_name },
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
