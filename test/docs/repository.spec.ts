import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { commandsIn } from './harness/commands.js';
import { codeBlocks } from './harness/markdown.js';

interface Manifest {
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly homepage: string;
  readonly repository: { readonly url: string };
  readonly bugs: { readonly url: string };
}
interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly 'timeout-minutes': number;
  readonly strategy: {
    readonly matrix: {
      readonly node: readonly string[];
      readonly server: readonly { readonly image: string; readonly program: string }[];
    };
  };
  readonly steps: readonly Step[];
}
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: {
      readonly label?: string;
      readonly value?: string;
      readonly options?: readonly (string | { readonly label: string })[];
    };
  }[];
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const FORMS = '.github/ISSUE_TEMPLATE';

function yaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8'));
}

/** Fails where a command line is of a script or a test that there is not. */
function expectToExist([program = '', ...words]: readonly string[]): void {
  if (program.startsWith('.')) accessSync(program, constants.X_OK);
  if (program !== 'npm' || words[0] === 'ci') return;
  const script = words[0] === 'run' ? words[1] : words[0];
  expect(manifest.scripts).toHaveProperty([script ?? '']);
  for (const word of words.filter((word) => word.startsWith('test/'))) accessSync(word);
}

describe('.github/workflows/ci.yml', () => {
  const { ci, ...others } = (yaml('.github/workflows/ci.yml') as { jobs: { ci: Job } }).jobs;
  const { node, server } = ci.strategy.matrix;

  it('is .ci/run, on the server of the PATH, below the limit of its job', () => {
    expect(others).toEqual({});
    const { run, env } = ci.steps.at(-1) ?? {};
    expect({ run, servers: env?.TEST_REDIS_SERVERS }).toEqual({ run: '.ci/run', servers: 'PATH' });
    expect(Number(env?.CI_LIMIT_SECONDS) / 60).toBeLessThan(ci['timeout-minutes']);
    for (const name of Object.keys(env ?? {}))
      expect(readFileSync('.ci/run', 'utf8')).toContain(name);
  });

  it('has commands that there are, and actions of a version', () => {
    for (const { run, uses } of ci.steps) {
      if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
      for (const words of commandsIn(run ?? '')) expectToExist(words);
    }
  });

  it('has the oldest Node.js that is supported, and the newer ones of long-term support', () => {
    const [, oldest] = /^>=([\d.]+)$/.exec(manifest.engines.node) ?? [];
    expect(node).toEqual([oldest, '22', '24']);
  });

  it('has the servers that the documentation names, each put onto the PATH', () => {
    const versions = server.map(({ image }) => /(redis|valkey):([\d.]+)/.exec(image)?.[2]);
    expect(readFileSync('docs/redis.md', 'utf8')).toContain(
      `Tested on Redis ${versions[0]} and ${versions[1]} and on Valkey ${versions[2]} (`,
    );
    for (const { image, program } of server)
      expect(image).toContain(`${program.replace('-server', '')}:`);
    const [taken = ''] = ci.steps.flatMap(({ run }) => (run?.includes('docker') ? run : []));
    for (const part of ['matrix.server.image', 'matrix.server.program', '>> "$GITHUB_PATH"'])
      expect(taken).toContain(part);
  });
});

describe('templates of issues', () => {
  const forms = readdirSync(FORMS).filter((name) => name !== 'config.yml');

  it.each(forms)('%s is a form that GitHub takes', (name) => {
    const { body, ...form } = yaml(`${FORMS}/${name}`) as Form;
    for (const text of [form.name, form.description]) expect(text).toMatch(/^\w.+/);
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of body) {
      expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
      if (type === 'markdown') expect(attributes.value).toMatch(/./);
      else expect([attributes.label, id]).toEqual([expect.any(String), expect.stringMatching(/./)]);
      const takesOptions = ['dropdown', 'checkboxes'].includes(type);
      expect(Array.isArray(attributes.options) && attributes.options.length > 0).toBe(takesOptions);
    }
  });

  it('lead elsewhere by https', () => {
    const { contact_links } = yaml(`${FORMS}/config.yml`) as {
      contact_links: Record<'name' | 'url' | 'about', string>[];
    };
    for (const { name, url, about } of contact_links) {
      expect(new URL(url).protocol).toBe('https:');
      expect([name, about]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    }
    expect(existsSync('.github/pull_request_template.md')).toBe(true);
  });
});

describe('CONTRIBUTING.md', () => {
  it('names commands that there are', () => {
    const blocks = codeBlocks(readFileSync('CONTRIBUTING.md', 'utf8'));
    expect(blocks.map(({ language }) => language)).toEqual(['sh', 'sh']);
    for (const { code } of blocks) for (const words of commandsIn(code)) expectToExist(words);
  });
});

describe('package.json', () => {
  it('says where the sources are, and leaves what is for contributors out of the package', () => {
    const [, repository = ''] = /^git\+(https:.*)\.git$/.exec(manifest.repository.url) ?? [];
    expect(manifest.homepage).toBe(`${repository}#readme`);
    expect(manifest.bugs.url).toBe(`${repository}/issues`);
    expect(manifest.files).not.toContain('CONTRIBUTING.md');
  });
});
