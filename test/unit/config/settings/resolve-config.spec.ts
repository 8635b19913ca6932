import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import type { ConfigSource } from '../../../../lib/config/sources/module-options.js';
import type { LightbusConfig } from '../../../../lib/config/options/root.options.js';
import { owned } from '../../../support/owned.js';

const SEED = fileURLToPath(
  new URL('../../../fixtures/captured/seed-lightbus.yaml', import.meta.url),
);
const NAMES = { serviceName: 'store', processName: 'worker1' };

const resolveApi = async (apis: LightbusConfig['apis'], api = 'store.orders') =>
  (await resolveConfig({ config: { apis }, ...NAMES }, {})).apiConfig(api);

describe('without any configuration', () => {
  it('has the event-sourcing settings on localhost', async () => {
    const config = await resolveConfig(NAMES, {});

    expect(config.apiConfig('store.orders')).toEqual({
      validate: { outgoing: true, incoming: false },
      strict_validation: false,
      schema_compatibility: 'warn',
      cast_values: true,
      event_fire_timeout: 5,
      event_transport: {
        kind: 'redis',
        url: 'redis://127.0.0.1:6379/0',
        connection_parameters: {},
        batch_size: 1,
        max_stream_length: null,
        stream_use: 'per_api',
        acknowledgement_timeout: 60,
        reclaim_interval: 30,
        reclaim_batch_size: 10,
        consumption_restart_delay: 5,
        consumer_ttl: 2_592_000,
        require_durable: false,
        min_replicas: 0,
        service_name: 'store',
        consumer_name: 'worker1',
        serializer: 'lightbus.serializers.ByFieldMessageSerializer',
        deserializer: 'lightbus.serializers.ByFieldMessageDeserializer',
      },
    });
    expect(config.bus).toEqual({
      log_level: 'info',
      shutdown_timeout: 20,
      projection_timeout: 600,
      headers: true,
      schema: {
        human_readable: true,
        ttl: 60,
        transport: null,
      },
    });
    expect(config).toMatchObject({
      features: ['events'],
      inheritAppConfig: false,
      strictListeners: true,
      listeners: {},
      source: 'the defaults',
      isFound: false,
      redisFrom: undefined,
      warnings: [],
      remarks: [],
    });
  });

  it('warns that random names make listeners forget', async () => {
    const config = await resolveConfig({}, {});

    expect(config.serviceName).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(config.processName).toMatch(/^[a-z]{4}$/);
    expect(config.warnings).toEqual([
      expect.stringMatching(/new consumer groups at every start.*Set service_name/),
      expect.stringMatching(/will not recognise what it had claimed.*Set process_name/),
    ]);
  });

  it('has no such warning for a process that only fires', async () => {
    const config = await resolveConfig({ features: [] }, {});

    expect(config.features).toEqual([]);
    expect(config.warnings).toEqual([]);
  });
});

describe('the file of the event sourcing page', () => {
  it('loads unchanged, without a warning, and every key takes effect', async () => {
    const config = await resolveConfig({ config: SEED, ...NAMES }, {});

    expect(config.warnings).toEqual([]);
    expect(config.source).toBe(SEED);
    expect(config.bus.schema.transport?.url).toBe('redis://redis_host:6379/0');
    expect(config.apiConfig('any.api')).toMatchObject({
      validate: { outgoing: true, incoming: false },
      event_transport: {
        kind: 'redis',
        url: 'redis://redis_host:6379/0',
        batch_size: 1,
        max_stream_length: null,
        stream_use: 'per_api',
      },
    });
  });
});

describe('precedence', () => {
  const config = { service_name: 'from_file', process_name: 'p_file' };
  const environment = {
    LIGHTBUS_SERVICE_NAME: 'from_env',
    LIGHTBUS_PROCESS_NAME: 'p_env',
    LIGHTBUS_FEATURES: '',
  };

  it('takes the file before the defaults', async () => {
    expect(await resolveConfig({ config }, {})).toMatchObject({
      serviceName: 'from_file',
      processName: 'p_file',
    });
  });

  it('takes the environment before the file', async () => {
    expect(await resolveConfig({ config }, environment)).toMatchObject({
      serviceName: 'from_env',
      processName: 'p_env',
      features: [],
    });
  });

  it('takes module options before the environment', async () => {
    const options = { config, serviceName: 'from_options', features: ['events'] as const };

    expect(await resolveConfig(options, environment)).toMatchObject({
      serviceName: 'from_options',
      processName: 'p_env',
      features: ['events'],
    });
  });

  it('takes the command line before module options', async () => {
    const commandLine = { serviceName: 'from_line', config: { process_name: 'p_line' } };

    expect(await resolveConfig({ config, serviceName: 'x' }, {}, commandLine)).toMatchObject({
      serviceName: 'from_line',
      processName: 'p_line',
      source: 'command line, config',
    });
  });

  it('takes the configuration from where LIGHTBUS_CONFIG says, unless an option says otherwise', async () => {
    const variables = { ...environment, LIGHTBUS_CONFIG: SEED };

    expect((await resolveConfig({}, variables)).source).toBe(SEED);
    expect((await resolveConfig({ config: {} }, variables)).source).toBe(
      'LightbusModule options, config',
    );
  });

  it('knows whether it was found, because nothing named one', async () => {
    const isFound = async (options: object, variables: object = {}, commandLine: object = {}) =>
      (await resolveConfig(options, { ...variables }, commandLine, SEED)).isFound;

    expect(await isFound({})).toBe(true);
    expect(await isFound({ config: SEED })).toBe(false);
    expect(await isFound({}, { LIGHTBUS_CONFIG: SEED })).toBe(false);
    expect(await isFound({}, {}, { config: [SEED] })).toBe(false);
  });

  it('knows what --config takes for the same, unless code says some of it', async () => {
    const argumentsOf = async (one?: ConfigSource | ConfigSource[]) =>
      (await resolveConfig(one === undefined ? {} : { config: one }, {})).configArguments;

    expect(await argumentsOf(SEED)).toEqual([SEED]);
    expect(await argumentsOf(relative(process.cwd(), SEED))).toEqual([SEED]);
    expect(await argumentsOf([SEED, SEED])).toEqual([SEED, SEED]);
    for (const one of [undefined, {}, [SEED, {}]]) expect(await argumentsOf(one)).toEqual([]);
  });

  it('takes empty variables for variables that are not set', async () => {
    const empty = { LIGHTBUS_CONFIG: '', LIGHTBUS_SERVICE_NAME: ' ', LIGHTBUS_PROCESS_NAME: '' };

    expect(await resolveConfig(NAMES, empty)).toMatchObject({ source: 'the defaults', ...NAMES });
  });

  it('takes an option that is undefined for one that is not set', async () => {
    const options = { serviceName: undefined, config: undefined, features: undefined };

    expect(await resolveConfig(options, { LIGHTBUS_SERVICE_NAME: 'env' })).toMatchObject({
      serviceName: 'env',
      features: ['events'],
    });
  });

  it('does not mind what a variable says that has no effect', async () => {
    const options = { features: ['events'] as const };

    const config = await resolveConfig(options, { LIGHTBUS_FEATURES: 'rpcs,tasks' });

    expect(config.features).toEqual(['events']);
  });

  it.each([
    [{ LIGHTBUS_FEATURES: 'rpcs,events,tasks,rpcs' }, {}, ['events'], 'rpcs, tasks'],
    [{ LIGHTBUS_FEATURES: 'tasks' }, {}, [], 'tasks'],
    [{}, { features: ['events', 'rpcs'] as const }, ['events'], 'rpcs'],
    [{ LIGHTBUS_FEATURES: 'rpcs' }, { features: ['events'] as const }, ['events'], undefined],
  ])(
    "leaves out Python's features, with one warning: %j, %j",
    async (variables, commandLine, features, warned) => {
      const config = await resolveConfig({ ...NAMES }, variables, commandLine);

      expect(config.features).toEqual(features);
      expect(config.remarks).toEqual(
        warned === undefined
          ? []
          : [`These features are known to Lightbus, but do not exist here: ${warned}.`],
      );
    },
  );

  it('reads features separated by commas', async () => {
    const config = await resolveConfig({}, { LIGHTBUS_FEATURES: ' events , events,' });

    expect(config.features).toEqual(['events']);
  });
});

describe('names', () => {
  it('fills in placeholders everywhere, random ones alike', async () => {
    const config = await resolveConfig(
      {
        serviceName: 'store-{hostname}',
        processName: '{random8}',
        config: {
          apis: { default: { event_transport: { redis: { consumer_name: 'x-{random8}' } } } },
        },
      },
      {},
    );

    expect(config.serviceName).toBe(`store-${hostname().toLowerCase()}`);
    expect(config.apiConfig('a').event_transport.consumer_name).toBe(`x-${config.processName}`);
  });

  it('can be set for the transport of one API', async () => {
    const redis = { service_name: 'other', consumer_name: null };

    const settings = await resolveApi({ default: { event_transport: { redis } } });

    expect(settings.event_transport).toMatchObject({
      service_name: 'other',
      consumer_name: 'worker1',
    });
  });
});

describe("an API's settings", () => {
  const apis: LightbusConfig['apis'] = {
    default: { cast_values: false, event_transport: { redis: { batch_size: 7 } } },
    'store.orders': { event_fire_timeout: 9 },
  };

  it('are those of default for an API without a section', async () => {
    expect(await resolveApi(apis, 'store.stock')).toMatchObject({
      cast_values: false,
      event_fire_timeout: 5,
      event_transport: { batch_size: 7 },
    });
  });

  it('inherit nothing from default where the API has a section', async () => {
    expect(await resolveApi(apis, 'store.orders')).toMatchObject({
      cast_values: true,
      event_fire_timeout: 9,
      event_transport: { batch_size: 1 },
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('are those of default for %s', async (name) => {
    expect((await resolveApi(apis, name)).cast_values).toBe(false);
  });

  it.each([
    [true, { outgoing: true, incoming: true }],
    [false, { outgoing: false, incoming: false }],
    [null, { outgoing: true, incoming: false }],
    [undefined, { outgoing: true, incoming: false }],
    [{}, { outgoing: true, incoming: false }],
    [{ incoming: true }, { outgoing: true, incoming: true }],
    [{ outgoing: false }, { outgoing: false, incoming: false }],
  ])('take validate: %j for %j', async (validate, expected) => {
    expect((await resolveApi({ default: { validate } })).validate).toEqual(expected);
  });

  it.each([
    [null, null],
    [0, null],
    [1000, 1000],
    [undefined, null],
  ])('take max_stream_length: %p for %p', async (max_stream_length, expected) => {
    const settings = await resolveApi({
      default: { event_transport: { redis: { max_stream_length } } },
    });

    expect(settings.event_transport.max_stream_length).toBe(expected);
  });

  it('compute what reclaiming leaves open', async () => {
    const redis = { acknowledgement_timeout: 5, batch_size: 3 };

    expect(
      (await resolveApi({ default: { event_transport: { redis } } })).event_transport,
    ).toMatchObject({ reclaim_interval: 2.5, reclaim_batch_size: 30 });
  });

  it('leave reclaiming as it is configured', async () => {
    const redis = { acknowledgement_timeout: 5, reclaim_interval: 0.1, reclaim_batch_size: 2 };

    expect(
      (await resolveApi({ default: { event_transport: { redis } } })).event_transport,
    ).toMatchObject({ reclaim_interval: 0.1, reclaim_batch_size: 2 });
  });

  it.each([undefined, null, {}, { redis: null }, { redis: {} }, { memory: null }])(
    'take event_transport: %j for Redis with its defaults',
    async (event_transport) => {
      const { event_transport: resolved } = await resolveApi({ default: { event_transport } });

      expect(resolved).toMatchObject({ kind: 'redis', url: 'redis://127.0.0.1:6379/0' });
    },
  );

  it('take event_transport: {memory: {}} for the transport in memory, with the same options', async () => {
    const { event_transport } = await resolveApi({
      default: { event_transport: { memory: {}, redis: null } },
    });

    expect(event_transport).toMatchObject({
      kind: 'memory',
      batch_size: 1,
      reclaim_interval: 30,
      service_name: 'store',
    });
  });

  it("give the client its parameters as they are, without those of Python's pool", async () => {
    const sentinels = [{ host: 'a', port: 26379 }];
    const checkServerIdentity = () => undefined;
    const connection_parameters = {
      sentinels,
      name: 'mymaster',
      username: 'app',
      password: null,
      tls: { checkServerIdentity },
      enableTLSForSentinelMode: true,
      maxsize: 100,
      minsize: 1,
    };

    const settings = await resolveApi({
      default: { event_transport: { redis: { connection_parameters } } },
    });

    expect(settings.event_transport.connection_parameters).toEqual({
      sentinels,
      name: 'mymaster',
      username: 'app',
      tls: { checkServerIdentity },
      enableTLSForSentinelMode: true,
    });
  });
});

describe('module options', () => {
  it('are passed on', async () => {
    const listeners = { reserve_stock: { since: new Date(0), onError: 'retry' as const } };

    const options = { listeners, inheritAppConfig: true, strictListeners: false };
    expect(await resolveConfig(options, {})).toMatchObject(options);
  });
});

describe('remarks', () => {
  it('name all keys without effect at once', async () => {
    const { warnings, remarks } = await resolveConfig(
      {
        config: {
          plugins: { internal_state: { enabled: true } },
          bus: { schema: { ttl: 5, human_readable: false, transport: { debug: {} } } },
          apis: {
            default: {
              rpc_timeout: 3,
              event_listener_setup_timeout: 2,
              rpc_transport: { redis: { url: 'redis://h' } },
              result_transport: { debug: {} },
            },
            'store.orders': {
              event_transport: { redis: { connection_parameters: { maxsize: 100 } } },
            },
          },
        },
        ...NAMES,
      },
      {},
    );

    expect(warnings).toEqual([]);
    expect(remarks).toHaveLength(1);
    for (const path of [
      'plugins',
      'bus.schema.transport.debug',
      'apis.default.rpc_timeout',
      'apis.default.event_listener_setup_timeout',
      'apis.default.rpc_transport',
      'apis.default.result_transport',
      'apis.store.orders.event_transport.redis.connection_parameters.maxsize',
    ]) {
      expect(`${remarks[0]},`).toMatch(new RegExp(`[ ]${path}[,.]`));
    }
    expect(remarks[0]).not.toMatch(/result_transport.debug|human_readable|ttl/);
  });

  it('do not name keys that are null, which changes nothing', async () => {
    const config = { apis: { default: { rpc_transport: null } } };
    expect(await resolveConfig({ config, ...NAMES }, {})).toMatchObject({
      warnings: [],
      remarks: [],
    });
  });
});

describe('warnings', () => {
  const warningsOf = async (config: LightbusConfig) =>
    (await resolveConfig({ config, ...NAMES }, {})).warnings;

  it('name a connection parameter that does not exist, and the nearest one', async () => {
    const connection_parameters = { pasword: 'hunter2', ssl: true };

    const warnings = await warningsOf({
      apis: { default: { event_transport: { redis: { connection_parameters } } } },
    });

    const path = 'apis.default.event_transport.redis.connection_parameters';
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`^${path}.pasword of .*Did you mean 'password'\\?$`)),
      expect.stringMatching(new RegExp(`^${path}.ssl of .*has no effect.$`)),
    ]);
    expect(String(warnings)).not.toContain('hunter2');
  });

  it('name a source that holds nothing, and what is in force then', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lightbus-empty-'));
    owned().addDirectory(directory);
    const file = join(directory, 'lightbus.yaml');
    writeFileSync(file, '# apis: {}\n');

    const { warnings } = await resolveConfig({ config: file, ...NAMES }, {});

    expect(warnings).toEqual([expect.stringContaining(`${file} is empty`)]);
  });

  it('name a section that was probably meant for all APIs', async () => {
    expect(await warningsOf({ apis: { defaults: {} } })).toEqual([
      expect.stringContaining("Did you mean 'default'"),
    ]);
  });
});
