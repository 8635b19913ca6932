import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { WrongUseError } from '../../../lib/cli/command-error.js';
import { readDump } from '../../../lib/cli/schema/read-dump.js';
import { owned } from '../../support/owned.js';

const PYTHON = fileURLToPath(new URL('../../fixtures/wire/dumpschema.json', import.meta.url));

function folderWith(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'lightbus-schemas-'));
  owned().addDirectory(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const A = '{"a": {"events": {"x": {"parameters": {}}}, "rpcs": {}}}';

describe('readDump', () => {
  it("takes what Python's dumpschema writes", () => {
    expect(Object.keys(readDump(PYTHON, '--schema'))).toContain('my_company.auth');
  });

  it('takes the .json files of a folder, and nothing else in it', () => {
    const folder = folderWith({
      'a.json': A,
      'b.json': '{"b": {"events": {}}, "c": {}}',
      'README.md': '#',
    });
    mkdirSync(join(folder, 'more'));

    expect(readDump(folder, '--schema')).toEqual({
      a: { events: { x: { parameters: {} } }, rpcs: {} },
      b: { events: {}, rpcs: {} },
      c: { events: {}, rpcs: {} },
    });
  });

  it('takes an empty one, of a bus without schemas', () => {
    expect(readDump(join(folderWith({ 'a.json': '{}' }), 'a.json'), '--check')).toEqual({});
  });

  it.each([
    ['is not there', () => 'no/such/file.json', /no\/such\/file\.json.*ENOENT/],
    [
      'is a folder without any',
      () => folderWith({ 'a.txt': A }),
      /has no \.json file.*\(--check\)/,
    ],
    ['is no JSON', () => folderWith({ 'a.json': '{' }), /a\.json can't be read/],
    ['is a list', () => folderWith({ 'a.json': '[]' }), /a\.json holds no schemas/],
    [
      'is of one API',
      () => folderWith({ 'a.json': '{"events": {}, "rpcs": 5}' }),
      /holds no schemas.*dumpschema/,
    ],
    ['has an API that is none', () => folderWith({ 'a.json': '{"a": 5}' }), /holds no schemas/],
  ])('says what is wrong where it %s', (_what, path, reason) => {
    const where = path();

    expect(() => readDump(where, '--check')).toThrow(reason);
    expect(() => readDump(where, '--check')).toThrow(WrongUseError);
  });
});
