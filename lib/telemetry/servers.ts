import type { Attributes } from '@opentelemetry/api';
import type { EventTransportSettings } from '../config/settings/settings.js';
import { addressOfPlace } from '../redis/client-options.js';
import { connectionOptions } from '../redis/connection-options.js';
import type { Stores } from '../store/stores.js';
import { parseStreamName } from '../wire/stream-names.js';
import { ATTRIBUTE } from './attributes.js';

/** Where the events of APIs are, as attributes. Empty for memory, and where only sentinels know. */
export class Servers {
  private readonly known = new Map<string, Attributes>();

  constructor(private readonly stores: Stores) {}

  /** Of one API. */
  ofApi(apiName: string): Attributes {
    const known = this.known.get(apiName);
    if (known) return known;
    const { event_transport: settings } = this.stores.forApi(apiName).settings;
    const server = serverOf(settings);
    // A function may give another address from time to time.
    if (typeof settings.connection_parameters !== 'function') this.known.set(apiName, server);
    return server;
  }

  /** Of the API that a stream belongs to. */
  ofStream(stream: string): Attributes {
    return this.ofApi(parseStreamName(stream)?.apiName ?? '');
  }

  /** Of several APIs, where it is one. */
  ofAll(apiNames: readonly string[]): Attributes {
    const [first = {}, ...others] = [...new Set(apiNames)].map((name) => this.ofApi(name));
    const isOne = others.every(
      (other) =>
        other[ATTRIBUTE.serverAddress] === first[ATTRIBUTE.serverAddress] &&
        other[ATTRIBUTE.serverPort] === first[ATTRIBUTE.serverPort],
    );
    return isOne ? first : {};
  }
}

function serverOf(settings: EventTransportSettings): Attributes {
  if (settings.kind === 'memory') return {};
  const { address, port } = addressOfPlace(connectionOptions(settings)) ?? {};
  return {
    ...(address !== undefined && { [ATTRIBUTE.serverAddress]: address }),
    ...(port !== undefined && { [ATTRIBUTE.serverPort]: port }),
  };
}
