export { classSchema } from '../event/schema/class-schema.js';
