import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import { ConfigurationError } from '../../../../lib/errors.js';
import { owned } from '../../../support/owned.js';

const SECRET = 'hunter2';

/** What is broken, the value, and what the error must name: path, what was found, the nearest key. */
type Case<T> = readonly [title: string, value: T, path: string, found: string, nearest?: string];

// Jest passes a callback in the place of what a row leaves out.
function named<T>(cases: ReadonlyArray<Case<T>>) {
  return cases.map(([title, value, path, found, nearest]) => ({
    title,
    value,
    path,
    found,
    nearest,
  }));
}

const api = (yaml: string) => `apis:\n  default: ${yaml}`;
const redis = (yaml: string) => api(`{event_transport: {redis: ${yaml}}}`);
const REDIS = 'apis.default.event_transport.redis';

// prettier-ignore
const CASES: ReadonlyArray<Case<string>> = [
  // Keys that don't exist
  ['a misspelt key at the top', 'buss: {}', 'buss', "'buss'", 'bus'],
  ['a key of another case', 'Apis: {}', 'Apis', "'Apis'", 'apis'],
  ['a camelCase key', 'serviceName: x', 'serviceName', "'serviceName'", 'service_name'],
  ['a hyphen', 'process-name: x', 'process-name', "'process-name'", 'process_name'],
  ['a key that is like none', 'colour: red', 'colour', "'colour'"],
  ['a key of bus', 'bus: {loglevel: info}', 'bus.loglevel', "'loglevel'", 'log_level'],
  ['a key of schema', 'bus: {schema: {tttl: 1}}', 'bus.schema.tttl', "'tttl'", 'ttl'],
  ['an unknown transport', api('{event_transport: {kafka: {}}}'), 'apis.default.event_transport.kafka', "'kafka'"],
  ['a misspelt transport', api('{event_transport: {rediss: {}}}'), 'apis.default.event_transport.rediss', "'rediss'", 'redis'],
  ['an option of memory', api('{event_transport: {memory: {size: 1}}}'), 'apis.default.event_transport.memory.size', "'size'"],
  ['a misspelt option', redis('{batch_sise: 1}'), `${REDIS}.batch_sise`, "'batch_sise'", 'batch_size'],
  ['a host beside the URL', redis('{host: redis_host}'), `${REDIS}.host`, "'host'", 'url'],
  ['a database beside the URL', redis('{db: 3}'), `${REDIS}.db`, "'db'", 'url'],
  ['a password beside the URL', redis(`{password: ${SECRET}}`), `${REDIS}.password`, "'password'", 'url'],
  ['a schema that is no text', '$schema: {}', '$schema', 'an object'],
  ['a plural', redis('{urls: redis://h}'), `${REDIS}.urls`, "'urls'", 'url'],
  ['an option in the wrong section', api('{batch_size: 1}'), 'apis.default.batch_size', "'batch_size'", 'apis.<api>.event_transport.redis.batch_size'],
  ['a section in the wrong place', 'event_transport: {}', 'event_transport', "'event_transport'", 'apis.<api>.event_transport'],
  ['a misspelt direction', api('{validate: {outgoin: true}}'), 'apis.default.validate.outgoin', "'outgoin'", 'outgoing'],
  ['a key of an unused section', api('{rpc_transport: {redis: {timeout: 1}}}'), 'apis.default.rpc_transport.redis.timeout', "'timeout'"],
  ['an unknown plugin', 'plugins: {metrics: {}}', 'plugins.metrics', "'metrics'"],
  ['a prototype', '__proto__: {x: 1}', '__proto__', "'__proto__'"],
  ['a prototype among APIs', 'apis: {__proto__: {}}', 'apis.__proto__', "'__proto__'"],
  ['a prototype among parameters', redis('{connection_parameters: {__proto__: {x: 1}}}'), `${REDIS}.connection_parameters.__proto__`, "'__proto__'"],
  ['a key that holds a password', redis(`{"url:redis://:${SECRET}@h": 1}`), `${REDIS}.url:***@h`, '***'],

  // Wrong types
  ['a list for everything', '- bus\n- apis', '', 'a list of 2'],
  ['a text for everything', 'redis', '', "'redis'"],
  ['a page of HTML', '<!DOCTYPE html>\n<title>Not found</title>', '', "'<!DOCTYPE html>"],
  ['a list of APIs', 'apis: [default]', 'apis', 'a list of 1'],
  ['an API without options', 'apis:\n  default:', 'apis.default', 'null'],
  ['a section that is null', 'bus:', 'bus', 'null'],
  ['a number for a name', 'service_name: 5', 'service_name', '5'],
  ['a text for a switch', api('{cast_values: "yes"}'), 'apis.default.cast_values', "'yes'"],
  ['a number for a switch', api('{strict_validation: 1}'), 'apis.default.strict_validation', '1'],
  ['a text for validate', api('{validate: all}'), 'apis.default.validate', "'all'"],
  ['null for a direction', api('{validate: {incoming: null}}'), 'apis.default.validate.incoming', 'null'],
  ['a text for a number', redis('{batch_size: "10"}'), `${REDIS}.batch_size`, "'10'"],
  ['a fraction for a whole number', redis('{batch_size: 1.5}'), `${REDIS}.batch_size`, '1.5'],
  ['a unit', redis('{acknowledgement_timeout: 60s}'), `${REDIS}.acknowledgement_timeout`, "'60s'"],
  ['no number', redis('{reclaim_interval: .nan}'), `${REDIS}.reclaim_interval`, 'NaN'],
  ['a date', redis('{consumer_ttl: 2020-01-01}'), `${REDIS}.consumer_ttl`, 'a date'],
  ['a list of URLs', redis('{url: [redis://a, redis://b]}'), `${REDIS}.url`, 'a list of 2'],
  ['a text for parameters', redis(`{connection_parameters: ${SECRET}}`), `${REDIS}.connection_parameters`, 'a text'],
  ['an object for a transport name', redis(`{service_name: {password: ${SECRET}}}`), `${REDIS}.service_name`, 'an object with the keys password'],
  ['a text for a transport', api(`{event_transport: "redis://:${SECRET}@h"}`), 'apis.default.event_transport', "'redis://:***@h'"],
  ['a wrong type in an unused section', api('{rpc_timeout: soon}'), 'apis.default.rpc_timeout', "'soon'"],

  // Impossible values
  ['an unknown level', 'bus: {log_level: warn}', 'bus.log_level', "'warn'"],
  ['an unknown stream use', redis('{stream_use: per-api}'), `${REDIS}.stream_use`, "'per-api'"],
  ['an empty batch', redis('{batch_size: 0}'), `${REDIS}.batch_size`, '0'],
  ['a batch without end', redis('{batch_size: .inf}'), `${REDIS}.batch_size`, 'Infinity'],
  ['a negative length', redis('{max_stream_length: -1}'), `${REDIS}.max_stream_length`, '-1'],
  ['no time at all', redis('{acknowledgement_timeout: 0}'), `${REDIS}.acknowledgement_timeout`, '0'],
  ['more time than a timer has', redis('{reclaim_interval: 2147484}'), `${REDIS}.reclaim_interval`, '2147484'],
  ['a negative delay', redis('{consumption_restart_delay: -5}'), `${REDIS}.consumption_restart_delay`, '-5'],
  ['no time to fire', api('{event_fire_timeout: 0}'), 'apis.default.event_fire_timeout', '0'],
  ['a schema that is gone at once', 'bus: {schema: {ttl: 0}}', 'bus.schema.ttl', '0'],
  ['a serializer for another wire', redis('{serializer: lightbus.serializers.BlobMessageSerializer}'), `${REDIS}.serializer`, 'BlobMessageSerializer'],
  ['a deserializer for another wire', redis('{deserializer: my.Own}'), `${REDIS}.deserializer`, "'my.Own'"],
  ['two transports', api('{event_transport: {redis: {}, memory: {}}}'), 'apis.default.event_transport', 'redis and memory'],
  ['two transports, one unused', api('{event_transport: {redis: {}, debug: {}}}'), 'apis.default.event_transport', 'redis and debug'],
  ['a key prefix', redis(`{connection_parameters: {keyPrefix: ${SECRET}}}`), `${REDIS}.connection_parameters.keyPrefix`, 'a key prefix'],
  ['a key prefix in a URL', redis('{url: "redis://h/0?keyPrefix=zz:"}'), `${REDIS}.url`, 'connection_parameters'],
  ['what this module sets itself', redis('{connection_parameters: {enableOfflineQueue: true}}'), `${REDIS}.connection_parameters.enableOfflineQueue`, 'a setting'],
  ['a constructor', redis('{connection_parameters: {Connector: 1}}'), `${REDIS}.connection_parameters.Connector`, 'a setting'],
  ['a host as well as a URL', redis('{url: "redis://h", connection_parameters: {host: other}}'), `${REDIS}.connection_parameters.host`, 'as well as url'],
  ['a database as well as a URL with one', redis('{url: "redis://h/0", connection_parameters: {db: 3}}'), `${REDIS}.connection_parameters.db`, 'as well as url'],
  ['a second password', redis(`{url: "redis://:a@h", connection_parameters: {password: ${SECRET}}}`), `${REDIS}.connection_parameters.password`, 'as well as url'],
  ['sentinels as well as a URL', redis('{url: "redis://h", connection_parameters: {sentinels: [{host: a}], name: m}}'), `${REDIS}.connection_parameters.sentinels`, 'as well as url'],
  ['a second address for schemas', 'bus: {schema: {transport: {redis: {url: "redis://h", connection_parameters: {port: 1}}}}}', 'bus.schema.transport.redis.connection_parameters.port', 'as well as url'],
  ['two addresses', redis('{connection_parameters: {host: h, path: /run/redis.sock}}'), `${REDIS}.connection_parameters`, 'host and path'],
  ['no sentinels', redis('{connection_parameters: {sentinels: [], name: m}}'), `${REDIS}.connection_parameters.sentinels`, 'a list of 0'],
  ['a sentinel without a host', redis('{connection_parameters: {sentinels: [{port: 1}], name: m}}'), `${REDIS}.connection_parameters.sentinels`, 'a list of 1'],
  ['sentinels that know no name', redis('{connection_parameters: {sentinels: [{host: a}]}}'), `${REDIS}.connection_parameters.sentinels`, 'without it'],
  ['sentinels that leave out TLS', redis('{connection_parameters: {sentinels: [{host: a}], name: m, tls: true}}'), `${REDIS}.connection_parameters.tls`, 'without TLS'],
  ['a negative database', redis('{connection_parameters: {db: -1}}'), `${REDIS}.connection_parameters.db`, '-1'],
  ['a database that is a text', redis('{connection_parameters: {db: "3"}}'), `${REDIS}.connection_parameters.db`, "'3'"],
  ['a port that is none', redis('{connection_parameters: {port: 70000}}'), `${REDIS}.connection_parameters.port`, '70000'],
  ['TLS switched off', redis('{url: "rediss://h", connection_parameters: {tls: false}}'), `${REDIS}.connection_parameters.tls`, 'false'],
  ['a password that is a number', redis('{connection_parameters: {password: 1234}}'), `${REDIS}.connection_parameters.password`, 'a number'],
  ['a variable that nothing expands', redis('{url: "redis://$REDIS_HOST:6379/0"}'), `${REDIS}.url`, 'a variable'],
  ['a variable that is not set', redis('{url: "redis://${NO_SUCH_HOST}:6379/0"}'), `${REDIS}.url`, 'no such variable'],
  ['an option beside its transport', api('{event_transport: {redis: {}, batch_size: 1}}'), 'apis.default.event_transport.batch_size', "'batch_size'", 'apis.<api>.event_transport.redis.batch_size'],
  ['a hyphen in the name of an API', 'apis: {my-api: {}}', 'apis.my-api', "'my-api'", 'my_api'],
  ['an API that starts with a dot', 'apis: {.store: {}}', 'apis..store', "'.store'"],
  ['an API that starts with a digit', 'apis: {1a: {}}', 'apis.1a', "'1a'"],
  ['a URL of the web', redis(`{url: "http://app:${SECRET}@h"}`), `${REDIS}.url`, "'http://app:***@h'"],
  ['a URL without a scheme', redis(`{url: "app:${SECRET}@h:6379"}`), `${REDIS}.url`, "'app:***@h:6379'"],
  ['a URL without a host', redis(`{url: "redis://:${SECRET}"}`), `${REDIS}.url`, "'redis://:***'"],
  ['a database that is no number', redis(`{url: "redis://:${SECRET}@h/main"}`), `${REDIS}.url`, 'no database number'],
  ['a wrong URL for schemas', 'bus: {schema: {transport: {redis: {url: h}}}}', 'bus.schema.transport.redis.url', "'h'"],
  ['an empty name', 'service_name: ""', 'service_name', 'empty'],
  ['an unknown placeholder', 'process_name: "w-{radnom4}"', 'process_name', '{radnom4}', '{random4}'],
  ['an open brace', 'process_name: "w-{pid"', 'process_name', 'brace'],
  ['a pattern for APIs', 'apis: {"store.*": {}}', 'apis.store.*', "'store.*'"],
  ['a very long value', `bus: {log_level: ${'x'.repeat(5000)}}`, 'bus.log_level', '(5000 characters)'],

  // Texts that are no YAML
  ['a tab', `bus:\n\tlog_level: ${SECRET}`, '', 'a tab'],
  ['an open quote', `service_name: "${SECRET}`, '', 'a missing quote'],
  ['an open bracket', `apis: {default: {cast_values: true}`, '', 'bracket'],
  ['two colons', `service_name: a: ${SECRET}`, '', "a second ': '"],
  ['a bare @', `service_name: @${SECRET}`, '', 'begins with @'],
  ['an unknown tag', `service_name: !${SECRET}`, '', 'a tag'],
  ['an alias without anchor', `service_name: *${SECRET}`, '', 'an alias'],
  ['an unknown escape', `service_name: "\\${SECRET}"`, '', 'escape'],
  ['two documents', 'bus: {}\n---\napis: {}', '', 'second document'],
  ['a key that is an object', '? {a: 1}\n: 2', '', 'a key that is'],
  ['brackets without end', '['.repeat(5000), '', 'nested too deeply'],
  ['a key twice', 'service_name: a\nservice_name: b', 'service_name', 'a second time'],
  ['a key twice, further down', redis('{batch_size: 1, batch_size: 2}'), `${REDIS}.batch_size`, 'a second time'],
  ['an alias bomb', bomb(), '', 'uses of aliases'],
];

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const inner = level === 0 ? 'x' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: 10 }, () => inner).join(', ')}]`;
  });
  return levels.join('\n');
}

async function failureOf(config: unknown, environment = {}): Promise<ConfigurationError> {
  const options = config as Parameters<typeof resolveConfig>[0];
  const failure: unknown = await resolveConfig(options, environment).catch(
    (error: unknown) => error,
  );
  if (!(failure instanceof ConfigurationError)) throw new Error('It was accepted.');
  return failure;
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lightbus-config-'));
  owned().addDirectory(directory);
});

describe('a file with', () => {
  it.each(named(CASES))('$title', async ({ value: yaml, path, found, nearest }) => {
    const file = join(directory, 'lightbus.yaml');
    writeFileSync(file, yaml);

    const { message, problems, code } = await failureOf({ config: file });

    expect(code).toBe('LIGHTBUS_CONFIGURATION');
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.path).toBe(path);
    expect(problem?.found).toContain(found);
    expect(problem?.nearest).toBe(nearest);
    expect(problem?.expected).not.toBe('');
    expect(problem?.source).toContain(file);
    for (const part of [file, path, problem?.expected, found, nearest ?? '']) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain(SECRET);
    expect(message).not.toMatch(/\n\s+at |node_modules|undefined|\[object/);
    expect(message.length).toBeLessThan(1500);
  });

  it('has more than fifty ways to be wrong', () => {
    expect(CASES.length).toBeGreaterThan(50);
  });

  it('several mistakes lists them all, each with line and column', async () => {
    const file = join(directory, 'several.yaml');
    writeFileSync(
      file,
      'bus:\n  log_level: loud\napis:\n  default:\n    validate:\n      incoming: 1\n    colour: red\n',
    );

    const { message, problems } = await failureOf({ config: file });

    expect(message).toContain('3 mistakes');
    expect(problems.map(({ source, path }) => [source, path])).toEqual([
      [`${file}, line 2, column 3`, 'bus.log_level'],
      [`${file}, line 6, column 7`, 'apis.default.validate.incoming'],
      [`${file}, line 7, column 5`, 'apis.default.colour'],
    ]);
  });

  it('several mistakes of one rule lists them all', async () => {
    const file = join(directory, 'rules.yaml');
    writeFileSync(file, 'apis: {"a*": {}, "b*": {}}');

    const { problems } = await failureOf({ config: file });

    expect(problems.map(({ path }) => path)).toEqual(['apis.a*', 'apis.b*']);
  });

  it('a syntax error names its line and column', async () => {
    const file = join(directory, 'syntax.yml');
    writeFileSync(file, 'bus:\n  log_level: info\n\tschema: {}\n');

    const { problems } = await failureOf({ config: file });

    expect(problems[0]?.source).toBe(`${file}, line 3, column 1`);
  });
});

describe('an option of the module', () => {
  // prettier-ignore
  const OPTIONS: ReadonlyArray<Case<unknown>> = [
    ['that does not exist', { servicename: 'x' }, 'servicename', "'servicename'", 'serviceName'],
    ['in snake_case', { process_name: 'x' }, 'process_name', "'process_name'", 'processName'],
    ['that is no name', { serviceName: 5 }, 'serviceName', '5'],
    ['with an unknown placeholder', { processName: '{pidd}' }, 'processName', '{pidd}', '{pid}'],
    ['with an unknown feature', { features: ['event'] }, 'features', "'event'", 'events'],
    ['that is no list', { features: 'events' }, 'features', "'events'"],
    ['that is no switch', { inheritAppConfig: 'yes' }, 'inheritAppConfig', "'yes'"],
    ['that is no switch', { strictListeners: 'no' }, 'strictListeners', "'no'"],
    ['that is no map', { listeners: [] }, 'listeners', 'a list of 0'],
    ['with an unknown override', { listeners: { a: { sinse: 'now' } } }, 'listeners.a.sinse', "'sinse'", 'since'],
    ['with an override that is none', { listeners: { a: 'now' } }, 'listeners.a', "'now'"],
    ['with a start that is none', { listeners: { a: { since: 'yesterday' } } }, 'listeners.a.since', "'yesterday'"],
    ['with no date', { listeners: { a: { since: new Date('x') } } }, 'listeners.a.since', 'a date'],
    ['with an unknown policy', { listeners: { a: { onError: 'ignore' } } }, 'listeners.a.onError', "'ignore'"],
    ['that is an empty URL', { redis: '' }, 'redis', 'does not begin with redis://'],
    ['that is a URL of something else', { redis: `http://a:${SECRET}@h` }, 'redis', 'http://a:***@h'],
    ['that is no URL', { redis: { url: SECRET } }, 'redis', 'an object with the keys url'],
    ['that is null', { redis: null }, 'redis', 'null'],
    ['that is a URL in another name', { redisUrl: 'redis://h' }, 'redisUrl', "'redisUrl'"],
    ['that is no configuration', { config: 5 }, 'config', '5'],
    ['that is null', { config: null }, 'config', 'null'],
    ['in the place of all options', 'lightbus.yaml', '', "'lightbus.yaml'"],
    ['that is an empty path', { config: '' }, 'config', "''"],
  ];

  it.each(named(OPTIONS))(
    '$title is an error',
    async ({ value: options, path, found, nearest }) => {
      const { message, problems } = await failureOf(options);

      expect(message).not.toContain(SECRET);
      expect(problems).toEqual([
        {
          source: 'LightbusModule options',
          path,
          expected: expect.stringMatching(/./),
          found: expect.stringContaining(found),
          ...(nearest !== undefined && { nearest }),
        },
      ]);
    },
  );

  it('that holds the configuration itself is named with the path in it', async () => {
    const { problems } = await failureOf({ config: { bus: { log_level: 1 } } });

    expect(problems).toMatchObject([
      { source: 'LightbusModule options, config', path: 'bus.log_level', found: '1' },
    ]);
  });

  it.each([new Map(), new Date(0), [], () => undefined])(
    'that holds %p where an object belongs is an error',
    async (bus) => {
      expect((await failureOf({ config: { bus } })).problems).toMatchObject([{ path: 'bus' }]);
    },
  );
});

describe('the environment', () => {
  it.each([
    ['LIGHTBUS_FEATURES', 'events,rpc', "'rpc'"],
    ['LIGHTBUS_REDIS_URL', `app:${SECRET}@h`, 'app:***@h'],
    ['LIGHTBUS_REDIS_URL', `redis://:${SECRET}@h/zero`, 'no database number'],
    ['LIGHTBUS_SERVICE_NAME', '{host}', '{host}'],
    ['LIGHTBUS_PROCESS_NAME', 'a}', 'brace'],
  ])('is named with the variable %s', async (variable, value, found) => {
    const { message, problems } = await failureOf({}, { [variable]: value });

    expect(problems).toMatchObject([{ source: 'environment', path: variable }]);
    expect(problems[0]?.found).toContain(found);
    expect(message).not.toContain(SECRET);
  });

  it('is listed together with what is wrong elsewhere', async () => {
    const { problems } = await failureOf(
      { config: { buss: {} }, features: ['x'] },
      { LIGHTBUS_SERVICE_NAME: '{x}' },
    );

    expect(problems.map(({ source }) => source)).toEqual([
      'LightbusModule options',
      'environment',
      'LightbusModule options, config',
    ]);
  });
});
