import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LightbusConfig } from '../../../../lib/config/options/root.options.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import type { LightbusModuleOptions } from '../../../../lib/config/sources/module-options.js';
import { clientOptions, renew, type RedisPlace } from '../../../../lib/redis/client-options.js';

const NAMES = { serviceName: 'store', processName: 'worker1' };
const URL = 'rediss://app:hunter2@redis_host:7000/3';
const OWN = 'redis://own_host:6379/1';
const LOCAL = 'redis://127.0.0.1:6379/0';

type Redis = Readonly<Record<string, unknown>> | null | undefined;

const resolve = (options: LightbusModuleOptions, environment: NodeJS.ProcessEnv = {}) =>
  resolveConfig({ ...NAMES, ...options }, environment);

const events = (redis: Redis) => ({ event_transport: { redis } });

async function urlOf(options: LightbusModuleOptions, environment?: NodeJS.ProcessEnv) {
  const { url } = (await resolve(options, environment)).apiConfig('any.api').event_transport;
  return url;
}

describe('where nothing names a Redis', () => {
  it.each<[string, LightbusModuleOptions, NodeJS.ProcessEnv, string]>([
    ['it is this machine', {}, {}, LOCAL],
    ['the option does', { redis: URL }, {}, URL],
    ['the variable does', {}, { LIGHTBUS_REDIS_URL: ` ${URL} ` }, URL],
    ['the option is stronger', { redis: OWN }, { LIGHTBUS_REDIS_URL: URL }, OWN],
    ['an option that is undefined is none', { redis: undefined }, { LIGHTBUS_REDIS_URL: URL }, URL],
    ['an empty variable is none', {}, { LIGHTBUS_REDIS_URL: ' ' }, LOCAL],
    [
      'the variable may be wrong beside the option',
      { redis: OWN },
      { LIGHTBUS_REDIS_URL: 'x' },
      OWN,
    ],
  ])('%s', async (_, options, environment, expected) => {
    expect(await urlOf(options, environment)).toBe(expected);
    expect(await urlOf({ ...options, config: { apis: {} } }, environment)).toBe(expected);
  });

  it('says what gave the address, unless nothing took it', async () => {
    const own = { apis: { default: events({ url: OWN }) } };

    expect((await resolve({ redis: URL })).redisFrom).toBe('forRoot({ redis })');
    expect((await resolve({}, { LIGHTBUS_REDIS_URL: URL })).redisFrom).toBe('LIGHTBUS_REDIS_URL');
    expect((await resolve({})).redisFrom).toBeUndefined();
    expect((await resolve({ redis: URL, config: own })).redisFrom).toBeUndefined();
  });
});

describe('whatever the configuration names', () => {
  const sections: readonly (readonly [redis: Redis, namesPlace: boolean])[] = [
    [undefined, false],
    [null, false],
    [{}, false],
    [{ connection_parameters: {} }, false],
    [{ connection_parameters: { password: 'p', db: 4, tls: true, host: null } }, false],
    [{ url: OWN }, true],
    [{ url: OWN, connection_parameters: { tls: true } }, true],
    [{ connection_parameters: { host: 'h', password: 'p' } }, true],
    [{ connection_parameters: { port: 6380 } }, true],
    [{ connection_parameters: { path: '/run/redis.sock' } }, true],
    [{ connection_parameters: { sentinels: [{ host: 's' }], name: 'primary' } }, true],
  ];
  const transport = fc.oneof(
    fc.constantFrom(...sections).map(([redis]) => (redis === undefined ? undefined : { redis })),
    fc.constantFrom({ memory: {} }, null, { redis: null, memory: {} }),
  );
  const api = fc.record({ event_transport: transport }, { requiredKeys: [] });
  const config = fc.record({
    apis: fc.dictionary(fc.constantFrom('default', 'store', 'store.orders', 'toString'), api),
    bus: fc.record({
      schema: fc.record({
        transport: fc.option(
          fc.record({ redis: fc.constantFrom(...sections).map(([redis]) => redis) }),
        ),
      }),
    }),
  });

  const namesPlace = (redis: Redis) =>
    sections.some(([section, names]) => names && JSON.stringify(section) === JSON.stringify(redis));

  it('counts, and only the URL of the other places changes', async () => {
    await fc.assert(
      fc.asyncProperty(config, async (any) => {
        const given = any as LightbusConfig;
        const without = await resolve({ config: given });
        const settled = await resolve({ config: given, redis: URL });

        expect(settled.apiNames).toEqual(without.apiNames);
        for (const name of ['default', ...settled.apiNames, 'of.no.section']) {
          const sections = new Map(Object.entries(given.apis ?? {}));
          const section = (sections.get(name) ?? sections.get('default'))?.event_transport;
          const settings = without.apiConfig(name);
          const isOpen = !section?.memory && !namesPlace(section?.redis);
          const { url } = settings.event_transport;
          expect(settled.apiConfig(name)).toEqual({
            ...settings,
            event_transport: { ...settings.event_transport, url: isOpen ? URL : url },
          });
        }
        const schemas = without.bus.schema.transport;
        const isOpen = !namesPlace(given.bus?.schema?.transport?.redis);
        expect(settled.bus).toEqual({
          ...without.bus,
          schema: {
            ...without.bus.schema,
            transport: schemas && { ...schemas, url: isOpen ? URL : schemas.url },
          },
        });
      }),
    );
  });

  it('adds what a section says beside the address, such as a password, and prefers it', async () => {
    const redis = { connection_parameters: { password: 'own', db: 9 } };
    const settled = await resolve({ redis: URL, config: { apis: { default: events(redis) } } });

    expect(optionsOf(settled.apiConfig('a').event_transport)).toMatchObject({
      host: 'redis_host',
      port: 7000,
      db: 9,
      username: 'app',
      password: 'own',
      tls: {},
    });
  });

  it('does not warn where the configuration names that very URL, as a file may by the variable', async () => {
    const own = { apis: { default: events({ url: URL }) } };
    expect((await resolve({ config: own }, { LIGHTBUS_REDIS_URL: URL })).warnings).toEqual([]);
  });

  it('warns of a URL that has no effect, but not where events are in memory', async () => {
    const config = { apis: { default: events({ url: OWN }) } };
    const memory = { apis: { default: { event_transport: { memory: {} } } } };

    expect((await resolve({ redis: URL, config })).warnings).toEqual([
      'forRoot({ redis }) has no effect: LightbusModule options, config names every Redis itself, and is stronger.',
    ]);
    expect((await resolve({ redis: URL, config: memory })).warnings).toEqual([]);
    expect((await resolve({ redis: URL, config: { apis: { store: {} } } })).warnings).toEqual([]);
  });
});

describe('a function that gives connection_parameters', () => {
  async function asked(answer: Record<string, unknown>) {
    const parameters = () => answer;
    const redis = { connection_parameters: parameters };
    const apis = { default: events(redis), store: events(redis) };
    const settled = await resolve({ redis: URL, config: { apis } });
    const [one, other] = [settled.apiConfig('default'), settled.apiConfig('store')];
    // One function is one Redis.
    expect(one.event_transport.connection_parameters).toBe(
      other.event_transport.connection_parameters,
    );
    const place = placeOf(one.event_transport);
    await renew(place);
    return clientOptions(place, BEHAVIOUR);
  }

  it('adds to the URL where it gives no address', async () => {
    expect(await asked({ password: 'token' })).toMatchObject({
      host: 'redis_host',
      port: 7000,
      db: 3,
      username: 'app',
      password: 'token',
      tls: {},
    });
  });

  it.each<Record<string, unknown>>([
    { host: 'elsewhere' },
    { port: 6380 },
    { path: '/run/redis.sock' },
    { sentinels: [{ host: 's' }], name: 'primary' },
  ])('stands alone where it gives one: nothing of the URL goes to %j', async (answer) => {
    const options = await asked(answer);

    expect(options).toMatchObject({ db: 0, ...answer });
    expect(options).toMatchObject({ username: undefined, password: undefined, tls: undefined });
    expect(JSON.stringify(options)).not.toMatch(/redis_host|hunter2|7000/);
  });
});

const BEHAVIOUR = { connectionName: '', retryStrategy: () => null, reconnectOnError: () => false };

function placeOf({ url, connection_parameters }: { url: string; connection_parameters: unknown }) {
  return { url, connectionParameters: connection_parameters } as RedisPlace;
}

function optionsOf(settings: Parameters<typeof placeOf>[0]) {
  return clientOptions(placeOf(settings), BEHAVIOUR);
}
