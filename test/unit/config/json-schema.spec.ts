import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../lib/config/json-schema.js';

const read = (path: string) =>
  readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8');

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
    { buss: {} },
    { bus: { log_level: 'loud' } },
    { apis: { default: { event_transport: { redis: { batch_size: 0 } } } } },
    { apis: { default: { event_transport: { redis: { batch_sise: 1 } } } } },
    { apis: { default: { event_transport: { kafka: {} } } } },
    { apis: [] },
    { service_name: 1 },
    [],
  ])('refuses %j', (config) => {
    expect(accepts(config)).toBe(false);
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
