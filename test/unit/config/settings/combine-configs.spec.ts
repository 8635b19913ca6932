import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { combineConfigs } from '../../../../lib/config/settings/combine-configs.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import type { ConfigSource } from '../../../../lib/config/sources/module-options.js';
import { loadConfigs } from '../../../../lib/config/sources/load-config.js';
import { ConfigurationError } from '../../../../lib/errors.js';

const combined = async (...configs: readonly unknown[]) =>
  combineConfigs(await loadConfigs(configs, 'options'));

const redis = (settings: object) => ({
  apis: { default: { event_transport: { redis: settings } } },
});

const faultOf = async (config: readonly unknown[]): Promise<string> => {
  try {
    await resolveConfig({ config: config as ConfigSource[] }, {});
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
};

/** Values by path, where a value is no section. */
function leaves(config: unknown, path = ''): Map<string, unknown> {
  if (typeof config !== 'object' || config === null) return new Map([[path, config]]);
  return new Map(
    Object.entries(config).flatMap(([key, value]) => [...leaves(value, `${path}/${key}`)]),
  );
}

const redisSettings = fc.record(
  {
    batch_size: fc.integer({ min: 1, max: 9 }),
    max_stream_length: fc.constantFrom(null, 0, 5),
    stream_use: fc.constantFrom('per_api', 'per_event'),
    require_durable: fc.boolean(),
  },
  { requiredKeys: [] },
);

const CONFIGS = fc.record(
  {
    service_name: fc.constantFrom('a', 'b'),
    bus: fc.record(
      { log_level: fc.constantFrom('debug', 'error'), shutdown_timeout: fc.nat(9) },
      { requiredKeys: [] },
    ),
    apis: fc.dictionary(
      fc.constantFrom('default', 'store.orders', 'constructor'),
      fc.record(
        {
          cast_values: fc.boolean(),
          validate: fc.record(
            { incoming: fc.boolean(), outgoing: fc.boolean() },
            { requiredKeys: [] },
          ),
          event_transport: fc.record({ redis: redisSettings }, { requiredKeys: [] }),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);

describe('combineConfigs', () => {
  it('takes each key from the last one that has it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(CONFIGS, { minLength: 1, maxLength: 4 }), async (configs) => {
        const { config, problems } = await combined(...configs);

        expect(problems).toEqual([]);
        expect(leaves(config)).toEqual(new Map(configs.flatMap((one) => [...leaves(one)])));
      }),
    );
  });

  it('does not change what it is given', async () => {
    const first = redis({ batch_size: 1, connection_parameters: { tls: true } });
    const before = structuredClone(first);

    await combined(first, redis({ batch_size: 2, connection_parameters: { db: 3 } }));

    expect(first).toEqual(before);
  });

  it.each([
    [{ validate: true }, { validate: { incoming: false } }, { outgoing: true, incoming: false }],
    [{ validate: { incoming: true } }, { validate: false }, false],
    [{ validate: false }, { validate: {} }, { outgoing: false, incoming: false }],
    [{ validate: null }, { validate: { incoming: true } }, { incoming: true }],
  ])('has %j and %j as one', async (first, second, expected) => {
    const { config } = await combined({ apis: { default: first } }, { apis: { default: second } });

    expect(config.apis?.default?.validate).toEqual(expected);
  });

  it('has a list taken as it is: it has no keys', async () => {
    const sentinels = (port: number) =>
      redis({ connection_parameters: { name: 'm', sentinels: [{ host: 'a', port }] } });

    const { config } = await combined(sentinels(1), sentinels(2));

    expect(config.apis?.default?.event_transport?.redis?.connection_parameters).toEqual({
      name: 'm',
      sentinels: [{ host: 'a', port: 2 }],
    });
  });

  it.each([
    ['another transport', redis({ url: 'redis://a' }), { memory: {} }],
    ['none of its own', redis({ url: 'redis://a' }), { redis: { url: 'redis://a' } }],
  ])('lets a later one name %s', async (_what, first, transport) => {
    const { config, problems } = await combined(first, {
      apis: { default: { event_transport: transport } },
    });

    expect(problems).toEqual([]);
    expect(config.apis?.default?.event_transport).toEqual(transport);
  });

  it.each([
    [
      { url: 'redis://a/0', batch_size: 2 },
      { connection_parameters: { name: 'm', sentinels: [{ host: 'b' }] } },
      { batch_size: 2, connection_parameters: { name: 'm', sentinels: [{ host: 'b' }] } },
    ],
    [
      { connection_parameters: { host: 'a', db: 1, tls: true } },
      { url: 'redis://b/2' },
      { url: 'redis://b/2', connection_parameters: { tls: true } },
    ],
    [
      { url: 'redis://a/0' },
      { connection_parameters: { tls: true } },
      { url: 'redis://a/0', connection_parameters: { tls: true } },
    ],
  ])('lets a later one say where Redis is: %j, %j', async (first, second, expected) => {
    const { config, problems } = await combined(redis(first), redis(second));

    expect(problems).toEqual([]);
    expect(config.apis?.default?.event_transport?.redis).toEqual(expected);
  });

  it('says in whose text a mistake is, where the others are right', async () => {
    const right = { bus: { log_level: 'debug' }, apis: { default: {} } };
    const wrong = { apis: { default: { cast_value: true } }, bus: { shutdown_timeout: -1 } };

    const text = await faultOf([right, wrong, right]);

    expect(text).toMatch(/options, config\.1: apis\.default\.cast_value: .*'cast_values'/);
    expect(text).toMatch(/options, config\.1: bus\.shutdown_timeout/);
    expect(text).not.toMatch(/config\.[02]/);
  });

  it('says of two that do not go together which one is later', async () => {
    const text = await faultOf([
      redis({ url: 'redis://a/0' }),
      redis({ connection_parameters: { db: 1 } }),
    ]);

    expect(text).toMatch(/config\.1: .*connection_parameters\.db: expected no db beside url/);
  });

  it.each([
    [[{}, 'no/such.yaml'], /no\/such\.yaml: expected/],
    [[{}, 5], /config\.1: expected the path/],
    [[{}, [{}]], /config\.1: expected the path/],
    [[], /config: expected at least one/],
    [[{ apis: 1 }, { bus: {} }], /config\.0: apis/],
  ])('refuses %j', async (config, expected) => {
    expect(await faultOf(config)).toMatch(expected);
  });

  it('does not check what is overridden, as with every other source', async () => {
    const { problems, config } = await combined({ service_name: 7 }, { service_name: 'store' });

    expect(problems).toEqual([]);
    expect(config.service_name).toBe('store');
  });

  it('names all of them in the log, and those that say nothing', async () => {
    const config = await resolveConfig(
      { config: [{ service_name: 'a', process_name: 'b' }, {}] },
      {},
    );

    expect(config.source).toBe(
      'LightbusModule options, config.0 and LightbusModule options, config.1',
    );
    expect(config.warnings).toEqual([]);
  });
});
