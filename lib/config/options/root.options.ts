import Type, { type Static } from 'typebox';
import { apiOptions } from './api.options.js';
import { busOptions } from './bus.options.js';
import { describeFound } from '../checks/describe-found.js';
import { checkNameTemplate } from './name-template.js';
import { option, section, sectionsByName, type Violation } from './option.js';
import { pluginOptions } from './plugin.options.js';

// As event-name.ts has it: Lightbus takes dotted Python identifiers.
const API_NAME = '^[\\p{L}_][\\p{L}\\p{N}_]*(\\.[\\p{L}_][\\p{L}\\p{N}_]*)*$';

/** The whole configuration: every key that a Lightbus file may hold, and `event_transport.memory`. */
export const rootOptions = section(
  {
    $schema: option(Type.String(), {
      description:
        'For editors: where the schema of this file is, as `lightbus dumpconfigschema` prints it.',
      default: '',
    }),
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
    apis: sectionsByName(apiOptions, {
      description:
        'Options by API name; `default` for every API without its own section. A section inherits nothing from `default`.',
      keywords: { propertyNames: { pattern: API_NAME } },
      rule: checkApiNames,
    }),
    bus: busOptions,
    plugins: pluginOptions,
  },
  { description: 'Configuration of Lightbus.' },
);

/**
 * The configuration as it is written: shape and snake_case keys of a Lightbus file. Everything may
 * be left out; docs/configuration.md has a table of all keys with their defaults.
 */
export type LightbusConfig = Static<typeof rootOptions>;

function checkApiNames(apis: object): Violation[] {
  const isApiName = (name: string) => new RegExp(API_NAME, 'u').test(name);
  return Object.keys(apis)
    .filter((name) => !isApiName(name))
    .map((name) => {
      const corrected = name.replaceAll('-', '_');
      return {
        path: [name],
        expected:
          "'default' or the name of one API, such as store.orders: letters, digits and " +
          'underscores between dots, no digit first; there are no patterns',
        found: describeFound(name),
        nearest: isApiName(corrected) ? corrected : undefined,
      };
    });
}
