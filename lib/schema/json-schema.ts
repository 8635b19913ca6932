export type { JsonSchema, JsonType } from '../event/schema/json-schema.js';
