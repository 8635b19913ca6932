import { describe, expect, it } from '@jest/globals';
import { openBus } from '../../../lib/cli/open-bus.js';
import { StderrLogger } from '../../../lib/cli/stderr-logger.js';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';

describe('openBus', () => {
  it.each([
    ['says that no configuration was given', 'the defaults', true],
    ['says no such thing of a Redis that a file names', '/etc/lightbus.yaml', false],
  ])('%s where Redis cannot be reached', async (_, source, isHinted) => {
    const redis = { url: 'redis://127.0.0.1:1/0' };
    const config = { apis: { default: { event_transport: { redis } } } };
    const resolved = { ...(await resolveConfig({ config })), source };
    const streams = openBus(resolved, new StderrLogger('critical'), false);
    const error: unknown = await streams.find().catch((failure: unknown) => failure);
    await streams.close();
    const { message } = error as Error;
    expect(message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:1\/0 can't be used/);
    expect(message.includes('name one with --config or LIGHTBUS_CONFIG')).toBe(isHinted);
  });
});
