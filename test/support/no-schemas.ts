import { RemoteSchemas } from '../../lib/schema/remote/remote-schemas.js';

/** A bus on which nobody has published a schema. */
export function noSchemas(): RemoteSchemas {
  return new RemoteSchemas({
    read: () => Promise.resolve(undefined),
    ttl: 60,
    patience: () => 1,
    warn: () => undefined,
  });
}
