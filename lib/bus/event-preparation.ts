import { Injectable } from '@nestjs/common';
import { encode, type EncodedEvent } from '../event/codec.js';
import type { EventDefinition } from '../event/event.decorator.js';
import { describesItself } from '../event/validation-metadata.js';
import { LightbusLogger } from '../logger.js';
import { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import { Stores, type ApiStore } from '../store/stores.js';
import type { SerializableEvent } from '../wire/by-field.js';
import { newEventId } from '../wire/event-id.js';
import { sentKeyOf } from './expected-entity.js';
import type { FireRequest } from './fire-options.js';
import type { PreparedEvent } from './fired-message.js';
import { encodeUndescribed } from './undescribed-event.js';

/** Makes events ready to be stored: validated, encoded, with an id and a stream. */
@Injectable()
export class EventPreparation {
  constructor(
    private readonly stores: Stores,
    private readonly schemas: RemoteSchemas,
    private readonly logger: LightbusLogger,
  ) {}

  /**
   * @param index which event of the request it is.
   * @returns a promise only where there is something to wait for.
   * @throws, or rejects with, what `encode` does.
   */
  prepare<T extends object>(
    definition: EventDefinition<T>,
    value: unknown,
    { ids, side }: FireRequest,
    index: number,
  ): PreparedEvent | Promise<PreparedEvent> {
    const target = this.stores.forApi(definition.apiName);
    const id = ids?.[index] ?? newEventId(target.store.time);
    const { outgoing } = target.settings.validate;
    const encoded =
      outgoing && !describesItself(definition)
        ? encodeUndescribed(definition, value, this.schemas)
        : encode(definition, value, { validate: outgoing });
    return encoded instanceof Promise
      ? encoded.then((one) => this.prepared(definition, target, { id, side }, one))
      : this.prepared(definition, target, { id, side }, encoded);
  }

  private prepared(
    definition: EventDefinition,
    target: ApiStore,
    { id, side }: Pick<SerializableEvent, 'id' | 'side'>,
    { payload, parameters, note }: EncodedEvent<object>,
  ): PreparedEvent {
    const { apiName, eventName, version } = definition;
    if (note)
      this.logger.warn(`'${definition.canonicalName}' is fired all the same, but: ${note}.`);
    const event = { id, apiName, eventName, version, parameters, side };
    const key = sentKeyOf(definition, parameters);
    const stream = target.streamOf(eventName);
    return { definition, key, target, stream, payload, event, message: undefined };
  }
}
