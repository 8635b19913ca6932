import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';
import { page } from './configuration-without-effect.js';

describe('docs/configuration-without-effect.md', () => {
  it('is right that one warning names what a file sets of these keys', async () => {
    const config = {
      apis: { default: { rpc_timeout: 7 } },
      plugins: { internal_state: { enabled: true } },
    };
    const { remarks } = await resolveConfig({ config, features: [] }, {});
    expect(remarks).toEqual([expect.stringMatching(/rpc_timeout, plugins/)]);
  });

  it('has no code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
