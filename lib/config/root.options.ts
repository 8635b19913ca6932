import Type, { type Static } from 'typebox';
import { apiOptions } from './api.options.js';
import { busOptions } from './bus.options.js';
import { checkNameTemplate } from './name-template.js';
import { option, section } from './option.js';
import { pluginOptions } from './plugin.options.js';

/** `service_name` and `process_name` of the root. */
export const nameOptions = {
  service_name: option(Type.String(), {
    description:
      "Name of this service: first half of its consumer groups' names. Fixed names are what makes listeners durable.",
    default: '{friendly}',
    python: '{friendly}',
    rule: checkNameTemplate,
  }),
  process_name: option(Type.String(), {
    description:
      'Name of this process among those of its service. Under the same name, a restarted process goes on with the events that it was handling.',
    default: '{random4}',
    python: '{random4}',
    rule: checkNameTemplate,
  }),
};

/** The whole configuration: every key that a Lightbus file may hold, and `event_transport.memory`. */
export const rootOptions = section(
  {
    bus: busOptions,
    apis: Type.Optional(
      Type.Record(Type.String(), apiOptions, {
        description:
          'Options by API name; `default` for every API without its own section. A section inherits nothing from `default`.',
      }),
    ),
    plugins: pluginOptions,
    ...nameOptions,
  },
  { description: 'Configuration of Lightbus.' },
);

/**
 * The configuration as it is written: shape and snake_case keys of a Lightbus file. Everything may
 * be left out; the README has a table of all keys with their defaults.
 */
export type LightbusConfig = Static<typeof rootOptions>;
