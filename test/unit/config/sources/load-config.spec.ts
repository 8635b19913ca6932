import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig, type LoadedConfig } from '../../../../lib/config/sources/load-config.js';
import { owned } from '../../../support/owned.js';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lightbus-load-'));
  owned().addDirectory(directory);
});

async function load(name: string, content: string | Uint8Array): Promise<LoadedConfig> {
  const file = join(directory, name);
  writeFileSync(file, content);
  return loadConfig(file, 'test');
}

describe('a YAML file', () => {
  it.each(['a.yaml', 'a.yml', 'a.YAML'])('is read from %s', async (name) => {
    expect(await load(name, 'bus: {log_level: debug}')).toMatchObject({
      source: join(directory, name),
      value: { bus: { log_level: 'debug' } },
      findings: [],
    });
  });

  it('may be given relative to the working directory', async () => {
    const { source } = await load('b.yaml', '');

    expect(await loadConfig(relative(process.cwd(), source), 'test')).toMatchObject({ source });
  });

  it('means what it means to Python: yes is true, merge keys merge', async () => {
    const { value } = await load(
      'c.yaml',
      [
        'apis:',
        '  default: &default',
        '    cast_values: no',
        '    strict_validation: on',
        '  store.orders:',
        '    <<: *default',
        '    strict_validation: off',
      ].join('\n'),
    );

    expect(value).toEqual({
      apis: {
        default: { cast_values: false, strict_validation: true },
        'store.orders': { cast_values: false, strict_validation: false },
      },
    });
  });

  it('keeps names of APIs that YAML would take for something else', async () => {
    const { value } = await load('d.yaml', 'apis: {yes: {}, 1: {}, null: {}}');

    expect(Object.keys((value as { apis: object }).apis).sort()).toEqual(['1', 'null', 'yes']);
  });

  it.each(['', '\n\n', '# nothing but a comment\n', '---\n', '\uFEFF', 'null'])(
    'that holds nothing (%j) is no configuration',
    async (content) => {
      expect(await load('e.yaml', content)).toMatchObject({ value: undefined, findings: [] });
    },
  );

  it('tells where a key stands, or the section that it is in', async () => {
    const { locate } = await load('f.yaml', 'bus:\n  log_level: info\n  schema:\n    ttl: 5\n');

    expect(locate(['bus', 'schema', 'ttl'])).toBe('line 4, column 5');
    expect(locate(['bus', 'schema', 'human_readable'])).toBe('line 3, column 3');
    expect(locate(['apis'])).toBeUndefined();
  });
});

describe('a JSON file', () => {
  it('is read, with tabs too', async () => {
    expect(await load('a.json', '{\n\t"bus": {\n\t\t"log_level": "debug"\n\t}\n}')).toMatchObject({
      value: { bus: { log_level: 'debug' } },
      findings: [],
    });
  });

  it('that is empty is no configuration', async () => {
    expect(await load('b.json', ' \n')).toMatchObject({ value: undefined, findings: [] });
  });

  it.each([
    ['{"bus": hunter2}', 'line 1, column 9'],
    ['{\n  "bus": {\n', 'line 3, column 1'],
    ['{"service_name": "hunter2', 'line 1, column 26'],
  ])('that is broken (%j) says where, and quotes nothing', async (content, at) => {
    const { value, findings } = await load('c.json', content);

    expect(value).toBeUndefined();
    expect(findings).toMatchObject([{ path: [], expected: 'valid JSON' }]);
    expect(findings[0]?.at === at || findings[0]?.at === undefined).toBe(true);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it.each(['bus: {}', '{"bus": {},}', '{"bus": {} /* or not */}'])(
    'that holds YAML or comments (%j) is refused',
    async (content) => {
      expect((await load('d.json', content)).findings).toMatchObject([{ expected: 'valid JSON' }]);
    },
  );

  it('with a key twice says which and where', async () => {
    const { findings } = await load('e.json', '{"bus": {"schema": {}, "schema": {}}}');

    expect(findings).toMatchObject([
      { path: ['bus', 'schema'], found: 'the same key a second time', at: 'line 1, column 24' },
    ]);
  });

  it('keeps a prototype as the key that it is', async () => {
    const { value } = await load('f.json', '{"__proto__": {"x": 1}}');

    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });
});

describe('a file that cannot be read', () => {
  it('is named with its absolute path and the working directory', async () => {
    const { source, findings } = await loadConfig('no/such/lightbus.yaml', 'test');

    expect(source).toBe(join(process.cwd(), 'no/such/lightbus.yaml'));
    expect(findings[0]?.found).toContain(`no file at ${source}`);
    expect(findings[0]?.found).toContain(`the working directory is ${process.cwd()}`);
  });

  it('because it is a directory, is no file', async () => {
    mkdirSync(join(directory, 'dir.yaml'));

    expect(await loadConfig(join(directory, 'dir.yaml'), 'test')).toMatchObject({
      findings: [{ expected: 'a file' }],
    });
  });

  it('because it is no text, says so', async () => {
    expect(await load('g.yaml', Uint8Array.of(0xff, 0xfe, 0x00))).toMatchObject({
      findings: [{ expected: 'text in UTF-8', found: 'other bytes' }],
    });
  });

  it('because it is huge, says so without reading it', async () => {
    expect(await load('h.yaml', ' '.repeat(1_048_577))).toMatchObject({
      findings: [{ expected: 'a file of at most 1 MiB', found: '1048577 bytes' }],
    });
  });

  it.each(['lightbus.toml', 'lightbus', '/etc/lightbus.conf'])(
    'because of its name (%s), says which names will do',
    async (name) => {
      expect(await loadConfig(name, 'test')).toMatchObject({
        findings: [{ expected: 'a file that ends in .yaml, .yml or .json' }],
      });
    },
  );

  it.each(['ftp://app:hunter2@host/a.yaml', 'file:///a.yaml', 'http://', 's3://bucket/a.yaml'])(
    'because of its URL (%s), says which URLs will do',
    async (url) => {
      const loaded = await loadConfig(url, 'test');

      expect(loaded).toMatchObject({
        findings: [{ expected: expect.stringContaining('http(s)') }],
      });
      expect(JSON.stringify(loaded)).not.toContain('hunter2');
    },
  );

  it.each([
    'http:/app:hunter2@host/a.yaml',
    'http:app:hunter2@host/a.yml',
    'https:/host/a.yaml?token=hunter2',
    'https//app:hunter2@host/a.yaml',
    'app:hunter2@host.toml',
    'app:hunter2@host.yaml',
  ])('because it is a mistyped URL (%s), is named without its password', async (url) => {
    const loaded = await loadConfig(url, 'test');

    expect(loaded.findings).toHaveLength(1);
    expect(JSON.stringify(loaded)).not.toContain('hunter2');
    if (/^https?:/.test(url)) expect(loaded.findings[0]?.expected).toContain('http(s)');
  });

  it('with an @ in its path is named with it', async () => {
    const { source, findings } = await loadConfig('app@2/lightbus.yaml', 'test');

    expect(source).toBe(join(process.cwd(), 'app@2/lightbus.yaml'));
    expect(findings[0]?.found).toContain(source);
  });
});
