import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findConfig } from '../../../../lib/config/sources/find-config.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import { directoryWith } from '../../../e2e/cli-process.js';

describe('findConfig', () => {
  it('takes lightbus.yaml before .yml before .json, and no folder of that name', () => {
    const dir = directoryWith({ 'lightbus.json': '{}', 'other.yaml': '' });
    expect(findConfig(dir)).toBe(join(dir, 'lightbus.json'));
    mkdirSync(join(dir, 'lightbus.yaml'));
    expect(findConfig(dir)).toBe(join(dir, 'lightbus.json'));
    const both = directoryWith({ 'lightbus.yml': '', 'lightbus.json': '{}' });
    expect(findConfig(both)).toBe(join(both, 'lightbus.yml'));
    expect(findConfig(directoryWith())).toBeUndefined();
  });

  it('finds what is weaker than every other way to name a configuration', async () => {
    const [found, named] = ['found', 'named'].map((name) =>
      join(directoryWith({ 'lightbus.yaml': `service_name: ${name}` }), 'lightbus.yaml'),
    );
    const nameOf = async (
      ...[options, environment, commandLine]: Parameters<typeof resolveConfig>
    ) => (await resolveConfig(options, environment, commandLine, found)).serviceName;
    expect(await nameOf({}, {})).toBe('found');
    expect(await nameOf({ config: named }, {})).toBe('named');
    expect(await nameOf({}, { LIGHTBUS_CONFIG: named })).toBe('named');
    expect(await nameOf({}, {}, { config: named })).toBe('named');
  });
});
