import type { EventDefinition } from '../../../event/event.decorator.js';
import type { EventSelection } from '../../../event/event-name.js';
import { streamName, type StreamUse } from '../../../wire/stream-names.js';
import { messageByName, messageOf } from './message.js';
import type { Receiver } from './receivers.js';

type Json = Readonly<Record<string, unknown>>;

/** What an application fires and handles, and where. */
export interface Application {
  /** Service name. */
  readonly title: string;
  /** Version of the application. */
  readonly version: string;
  /** The events that it registers: it sends them. */
  readonly sent: readonly EventDefinition[];
  readonly receivers: readonly Receiver[];
  /** The events of all classes that it selects or registers. */
  readonly known: readonly EventDefinition[];
  /** Whether it writes the field with the empty name beside the parameters (`bus.headers`). */
  readonly hasSideField: boolean;
  /** Where an API's events are. */
  placeOf(apiName: string): Place;
}

/** Where an API's events are. */
export interface Place {
  readonly streamUse: StreamUse;
  /** Without user and password; `undefined` where they are in memory. */
  readonly server:
    { readonly host: string; readonly protocol: string; readonly pathname?: string } | undefined;
}

/** The application as a document of AsyncAPI 3: streams are channels, registered events are sent, listeners receive. */
export function asyncApiDocument(application: Application): Json {
  const document = new DocumentBuilder(application);
  for (const { apiName, eventName, canonicalName } of application.sent)
    document.send(apiName, eventName, canonicalName);
  for (const receiver of application.receivers) document.receive(receiver);
  return document.build();
}

interface Channel {
  readonly address: string;
  readonly parameters?: Json;
  readonly servers: readonly Json[];
  readonly messages: Map<string, Json>;
}

class DocumentBuilder {
  private readonly servers = new Map<string, Json>();
  private readonly channels = new Map<string, Channel>();
  private readonly operations = new Map<string, Json>();
  private readonly messages = new Map<string, Json>();
  private readonly schemas = new Map<string, Json>();

  constructor(private readonly application: Application) {}

  send(apiName: string, eventName: string, canonicalName: string): void {
    const channel = this.channel(apiName, eventName);
    this.operations.set(`send-${idOf(canonicalName)}`, {
      action: 'send',
      title: `Fire ${canonicalName}`,
      channel: { $ref: `#/channels/${channel}` },
      messages: [this.message(channel, apiName, eventName)],
    });
  }

  receive({ listenerName, place, selections }: Receiver): void {
    const byChannel = new Map<string, Map<string, Json>>();
    for (const selection of selections) {
      const channel = this.channel(selection.apiName, selection.eventName);
      const messages = byChannel.get(channel) ?? new Map<string, Json>();
      byChannel.set(channel, messages);
      for (const eventName of this.namesOf(selection)) {
        messages.set(eventName, this.message(channel, selection.apiName, eventName));
      }
    }
    for (const [channel, messages] of byChannel) {
      this.operations.set(`receive-${idOf(listenerName)}-${channel}`, {
        action: 'receive',
        title: `Listener ${listenerName}`,
        description: `Handled by ${place}.`,
        channel: { $ref: `#/channels/${channel}` },
        // Without any, all of the channel are.
        ...(messages.size > 0 && { messages: [...messages.values()] }),
        'x-listener': listenerName,
        'x-consumer-group': `${this.application.title}-${listenerName}`,
      });
    }
  }

  build(): Json {
    const { title, version } = this.application;
    const channels = [...this.channels].map(([id, channel]) => {
      return [id, { ...channel, messages: Object.fromEntries(channel.messages) }] as const;
    });
    return {
      asyncapi: '3.0.0',
      info: { title, version },
      defaultContentType: 'application/json',
      servers: Object.fromEntries(this.servers),
      channels: Object.fromEntries(channels),
      operations: Object.fromEntries(this.operations),
      components: {
        messages: Object.fromEntries(this.messages),
        schemas: Object.fromEntries(this.schemas),
      },
    };
  }

  /** Events that are selected, as far as they are known. */
  private namesOf({ apiName, eventName }: EventSelection): string[] {
    if (eventName !== '*') return [eventName];
    const { known, receivers } = this.application;
    const byName = receivers.flatMap(({ selections }) => selections);
    const all = [...known, ...byName].filter((one) => one.apiName === apiName);
    return [...new Set(all.map((one) => one.eventName))].filter((name) => name !== '*');
  }

  /** @returns the channel's id. Names have no dashes: what has one is no event's. */
  private channel(apiName: string, eventName: string): string {
    const { streamUse, server } = this.application.placeOf(apiName);
    const isAny = streamUse === 'per_event' && eventName === '*';
    const own = isAny ? `${apiName}.any-event` : `${apiName}.${eventName}-event`;
    const id = idOf(streamUse === 'per_api' ? apiName : own);
    if (!this.channels.has(id)) {
      this.channels.set(id, {
        address: streamName(apiName, isAny ? '{event}' : eventName, streamUse),
        ...(isAny && { parameters: { event: { description: 'Name of the event.' } } }),
        servers: server ? [{ $ref: `#/servers/${this.server(server)}` }] : [],
        messages: new Map(),
      });
    }
    return id;
  }

  private server(server: NonNullable<Place['server']>): string {
    const { host, protocol, pathname = '' } = server;
    const id = idOf(`${protocol}-${host}${pathname}`.replaceAll(/[:/,]+/g, '-'));
    this.servers.set(id, server);
    return id;
  }

  /** @returns a reference to a message of the channel. */
  private message(channel: string, apiName: string, eventName: string): Json {
    const name = idOf(`${apiName}.${eventName}`);
    if (!this.messages.has(name)) {
      const definition = this.application.known.find(
        (one) => one.apiName === apiName && one.eventName === eventName,
      );
      const { hasSideField } = this.application;
      if (definition) {
        const schemaRef = `#/components/schemas/${name}`;
        const { message, payload } = messageOf(definition, schemaRef, hasSideField);
        this.messages.set(name, message);
        this.schemas.set(name, payload);
      } else this.messages.set(name, messageByName(apiName, eventName, hasSideField));
    }
    this.channels.get(channel)?.messages.set(name, { $ref: `#/components/messages/${name}` });
    return { $ref: `#/channels/${channel}/messages/${name}` };
  }
}

/** AsyncAPI takes these characters for ids, and no others. */
function idOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, (char) => `-u${char.charCodeAt(0).toString(16)}`);
}
