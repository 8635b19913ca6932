import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { resolveConfig } from '../../lib/config/settings/resolve-config.js';
import type { LightbusConfig } from '../../lib/index.js';
import { connectionOptions } from '../../lib/redis/connection-options.js';
import { describePlace } from '../../lib/redis/client-options.js';
import { readFileSync } from 'node:fs';

describe("README, 'Where Redis is'", () => {
  it('is a configuration that is taken as it stands', async () => {
    const [, yaml = ''] =
      /### Where Redis is\n+```yaml\n([^]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];

    const config = await resolveConfig({ config: parse(yaml) as LightbusConfig, features: [] }, {});

    expect(config.warnings).toEqual([]);
    const places = config.apiNames.map((name) =>
      describePlace(connectionOptions(config.apiConfig(name).event_transport)),
    );
    expect(places).toEqual([
      'redis://redis_host:6379/2',
      'rediss://redis_host:6380/0',
      'redis+sentinel://sentinel1:26379,sentinel2:26379/mymaster/2',
      'unix:///var/run/redis/redis.sock?db=2',
    ]);
  });
});
