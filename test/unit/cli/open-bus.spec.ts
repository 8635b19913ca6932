import { describe, expect, it } from '@jest/globals';
import { openBus } from '../../../lib/cli/open-bus.js';
import { StderrLogger } from '../../../lib/cli/stderr-logger.js';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';
import type { ResolvedConfig } from '../../../lib/config/settings/settings.js';

const URL = 'redis://:hunter2@127.0.0.1:1/0';

/** What is said where Redis can't be reached. */
async function failure(config: ResolvedConfig): Promise<string> {
  const streams = openBus(config, new StderrLogger('critical'), false);
  const error: unknown = await streams.find().catch((thrown: unknown) => thrown);
  await streams.close();
  return (error as Error).message;
}

describe('openBus', () => {
  it('says where the address comes from, where Redis cannot be reached and no configuration names it', async () => {
    const config = { apis: { default: { event_transport: { redis: { url: URL } } } } };
    const named = await resolveConfig({ config }, {});
    // Each takes as long as a connection may.
    const [ofFile, ofDefaults, ofVariable] = await Promise.all([
      failure({ ...named, source: '/etc/lightbus.yaml' }),
      failure({ ...named, source: 'the defaults' }),
      failure(await resolveConfig({}, { LIGHTBUS_REDIS_URL: URL })),
    ]);

    for (const message of [ofFile, ofDefaults, ofVariable]) {
      expect(message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:1\/0 can't be used/);
      expect(message).not.toContain('hunter2');
    }
    expect(ofFile).not.toMatch(/LIGHTBUS_/);
    expect(ofDefaults).toContain('name one with --config or LIGHTBUS_CONFIG, set LIGHTBUS_REDIS');
    expect(ofVariable).toMatch(/no Redis, the address is that of LIGHTBUS_REDIS_URL\.$/);
  });
});
