import type { Type } from '@nestjs/common';
import { decode, encode } from '../../../lib/event/codec.js';
import { getEventDefinition } from '../../../lib/event/event.decorator.js';
import { deserialize, serialize } from '../../../lib/wire/by-field.js';

/** An event's way to an entry and back: what was fired, what came back, and what was said of it. */
export async function trip<T extends object>(type: Type<T>, value: object) {
  const definition = getEventDefinition(type)!;
  const { payload, parameters, note } = await encode(definition, value, { validate: true });
  const fields = serialize({ id: 'i', apiName: 'a', eventName: 'e', version: 1, parameters });
  const entry = deserialize(fields, 'a.*:stream', '1-0');
  if (entry.kind !== 'event') throw new Error(entry.kind);
  const back = decode(definition.type, entry.parameters, { cast: true });
  return {
    fired: payload,
    back: back.payload as T,
    notes: [note, back.note],
    sent: entry.parameters,
  };
}
