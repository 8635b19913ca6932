/**
 * Names of attributes, and their values: OpenTelemetry's semantic conventions for messaging, as of version 1.45, status
 * 'development'. What they have no name for begins with `lightbus.`.
 */

import type { Attributes } from '@opentelemetry/api';

/** `messaging.system.name`. */
const SYSTEM = 'redis';

/** Names of attributes. */
export const ATTRIBUTE = {
  system: 'messaging.system.name',
  /** Its name before version 1.45, by which many tools still know a span of messaging. */
  formerSystem: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  clientId: 'messaging.client.id',
  messageId: 'messaging.message.id',
  conversationId: 'messaging.message.conversation_id',
  envelopeSize: 'messaging.message.envelope.size',
  batchCount: 'messaging.batch.message_count',
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  /** `<api>.<event>`. */
  event: 'lightbus.event.name',
  /** `listenerName`. */
  listener: 'lightbus.listener.name',
  /** Which attempt it is, from 1. */
  attempt: 'lightbus.attempt',
  /** How often the group has handed the event out. */
  deliveryCount: 'lightbus.delivery.count',
  /** Whether it is a replay: see `LightbusTelemetryOptions.parent`. */
  replay: 'lightbus.replay',
  /** What came of an attempt: `handled`, `failed`, `stopped`, or `abandoned` when the application was closed. */
  outcome: 'lightbus.outcome',
  /** What settles: `acknowledge` or `dead_letter`. */
  settlement: 'lightbus.settlement',
} as const;

/** Operations, by name and by type. */
export type Operation = 'create' | 'send' | 'process' | 'settle';

/** What all spans of an operation say, and what is measured of several operations. */
export function operationOf(operation: Operation): Attributes {
  return { ...nameOf(operation), [ATTRIBUTE.operationType]: operation };
}

/** The same where one kind of operation is measured: its type says nothing more. */
export function nameOf(operation: Operation): Attributes {
  return {
    [ATTRIBUTE.system]: SYSTEM,
    [ATTRIBUTE.formerSystem]: SYSTEM,
    [ATTRIBUTE.operationName]: operation,
  };
}

/** How much of a text that others have written is told, in characters. */
const LONGEST = 1_000;

/** A text of an entry, which may have megabytes: an exporter that is given them loses all that it sends with them. */
export function brief(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Class of what was thrown, `_OTHER` where it is no error: few values, as a class is code. Never throws. */
export function errorTypeOf(error: unknown): string {
  try {
    if (error instanceof Error && error.constructor.name !== '') return error.constructor.name;
  } catch {
    // A proxy, or something with getters.
  }
  return '_OTHER';
}
