import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { checkConfig } from '../../../../lib/config/checks/check-config.js';
import { configJsonSchema } from '../../../../lib/config/options/json-schema.js';

const read = (path: string) =>
  readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url), 'utf8');

const redis = (settings: object) => ({
  apis: { default: { event_transport: { redis: settings } } },
});

const accepts = (config: unknown) => Schema.Check(configJsonSchema(), config);

describe('configJsonSchema', () => {
  it('accepts the file of the event sourcing page', () => {
    expect(accepts(parse(read('captured/seed-lightbus.yaml')))).toBe(true);
  });

  it('accepts the defaults of Python Lightbus', () => {
    const { bus, plugins } = (
      JSON.parse(read('wire/config-schema.json')) as {
        properties: Record<string, { default: unknown }>;
      }
    ).properties;

    expect(accepts({ bus: bus?.default, plugins: plugins?.default, apis: {} })).toBe(true);
  });

  it.each([
    { $schema: './lightbus.schema.json' },
    { apis: { 'store.größe_2': {}, default: { event_transport: { redis: {}, memory: null } } } },
    { apis: { default: { event_transport: null } } },
    redis({ url: 'REDIS://host', connection_parameters: { db: 1 } }),
    redis({ url: 'unix:///run/redis.sock' }),
  ])('accepts %j, as the module does', (config) => {
    expect(accepts(config)).toBe(true);
    expect(checkConfig(config).findings).toEqual([]);
  });

  it.each([
    { buss: {} },
    { bus: { log_level: 'loud' } },
    { apis: { default: { event_transport: { redis: { batch_size: 0 } } } } },
    { apis: { default: { event_transport: { redis: { batch_sise: 1 } } } } },
    { apis: { default: { event_transport: { kafka: {} } } } },
    { apis: { default: { event_transport: { redis: {}, memory: {} } } } },
    { apis: { default: { event_transport: { debug: {}, memory: {} } } } },
    { bus: { schema: { transport: { redis: {}, debug: {} } } } },
    redis({ url: 'http://host' }),
    redis({ url: 'host:6379' }),
    redis({ connection_parameters: { keyPrefix: 'zz:' } }),
    redis({ connection_parameters: { enableOfflineQueue: true } }),
    { apis: { 'store.*': {} } },
    { apis: { 'my-api': {} } },
    { apis: [] },
    { service_name: 1 },
    [],
  ])('refuses %j, as the module does', (config) => {
    expect(accepts(config)).toBe(false);
    expect(checkConfig(config).findings).not.toEqual([]);
  });

  it('is plain JSON of draft 7, with descriptions, units and our defaults for editors', () => {
    const schema = JSON.parse(JSON.stringify(configJsonSchema())) as Record<string, unknown>;

    expect(schema).toEqual(configJsonSchema());
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      properties: {
        apis: {
          additionalProperties: {
            additionalProperties: false,
            properties: {
              event_fire_timeout: {
                type: 'integer',
                default: 5,
                description: expect.stringMatching(/Unit: seconds\.$/),
              },
              rpc_timeout: { description: expect.stringContaining('Without effect') },
            },
          },
        },
      },
    });
    expect(schema).not.toHaveProperty('required');
  });
});
