import { saysAddress } from '../options/connection-parameters.js';
import { besideOthersUrl } from '../options/renewed-parameters.js';
import type { LightbusConfig } from '../options/root.options.js';

type ApiConfig = NonNullable<LightbusConfig['apis']>[string];
type EventTransport = NonNullable<ApiConfig['event_transport']>;
type RedisSection = Pick<NonNullable<EventTransport['redis']>, 'url' | 'connection_parameters'>;

/** A configuration in which each Redis has its address, if there was a URL to be had. */
export interface FilledRedis {
  readonly config: LightbusConfig;
  /** Whether the URL was taken anywhere. */
  readonly isTaken: boolean;
  /** Whether there was a URL, and the configuration names every Redis itself, and another one. */
  readonly isNeedless: boolean;
}

/**
 * Puts the URL of a Redis wherever a checked configuration names none: the events of every API, those without a
 * section included, and the schemas, where their transport is configured.
 */
export function fillRedis(config: LightbusConfig, url: string | undefined): FilledRedis {
  if (url === undefined) return { config, isTaken: false, isNeedless: false };
  const places = { taken: 0, others: 0 };
  const place = <S extends RedisSection>(section: S | null | undefined): S => {
    const given = section?.connection_parameters;
    if (section?.url !== undefined || saysAddress(given)) {
      // A file may name the very variable that the URL is from.
      if (section?.url !== url) places.others++;
      return section as S;
    }
    places.taken++;
    const parameters = typeof given === 'function' ? besideOthersUrl(given) : given;
    return { ...section, url, connection_parameters: parameters } as S;
  };
  const apis = Object.entries({ default: {}, ...config.apis }).map(
    ([name, api]: [string, ApiConfig | undefined]) => {
      const transport = api?.event_transport;
      if (transport?.memory) return [name, api];
      return [name, { ...api, event_transport: { ...transport, redis: place(transport?.redis) } }];
    },
  );
  const schema = config.bus?.schema;
  const published = schema?.transport?.redis;
  const filled = {
    ...config,
    apis: Object.fromEntries(apis) as LightbusConfig['apis'],
    ...(published && {
      bus: { ...config.bus, schema: { ...schema, transport: { redis: place(published) } } },
    }),
  };
  return {
    config: filled,
    isTaken: places.taken > 0,
    isNeedless: places.taken === 0 && places.others > 0,
  };
}
