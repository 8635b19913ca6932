import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadModule } from '../../../lib/cli/run/load-module.js';
import { owned } from '../../support/owned.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/cli/', import.meta.url));
const SEVERAL = join(FIXTURES, 'several.module.mjs');

function fileWith(name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-module-'));
  owned().addDirectory(directory);
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

describe('loadModule', () => {
  it('takes the export that is named', async () => {
    const { name, file, module } = await loadModule(`${SEVERAL}#SecondModule`);
    expect({ name, file, module }).toMatchObject({
      name: 'SecondModule',
      file: SEVERAL,
      module: expect.any(Function),
    });
  });

  it('finds the only module, also among exports that Node does not see in CommonJS', async () => {
    const file = fileWith('app.cjs', "exports['App' + 'Module'] = { module: class Main {} };");
    expect(await loadModule(file)).toMatchObject({ name: 'AppModule', file });
  });

  it('takes a dynamic module, and a file without its ending', async () => {
    const file = fileWith('app.js', 'exports.main = { module: class Main {} };');
    const { name } = await loadModule(file.replace(/\.js$/, ''));
    expect(name).toBe('main');
  });

  it.each([
    ['nowhere.js', /^There is no .*nowhere\.js\. Build the application first/],
    [
      SEVERAL,
      /exports several Nest modules: FirstModule, SecondModule\. Name one: --bus .*#FirstModule$/,
    ],
    [`${SEVERAL}#Missing`, /has no Missing\. It exports .*FirstModule/],
    [`${SEVERAL}#noModule`, /noModule of .* is no Nest module\. It exports .*noModule/],
  ])('refuses %s', async (bus, message) => {
    await expect(loadModule(bus)).rejects.toThrow(message);
  });

  it('refuses a file without any module, and says what it exports', async () => {
    const file = fileWith('app.cjs', 'exports.first = 1; exports.second = class {};');
    await expect(loadModule(file)).rejects.toThrow(
      /exports no Nest module\. It exports .*first, second/,
    );
  });

  it('says why a file cannot be loaded', async () => {
    const file = fileWith('app.cjs', 'throw new RangeError("on purpose");');
    await expect(loadModule(file)).rejects.toThrow(
      `${file} can't be loaded: RangeError: on purpose.`,
    );
  });
});
