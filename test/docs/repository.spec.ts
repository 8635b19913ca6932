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
interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly 'timeout-minutes': number;
        readonly strategy: {
          readonly matrix: {
            readonly node?: readonly string[];
            readonly include?: readonly { readonly image: string }[];
          };
        };
        readonly steps: readonly Step[];
      }
    >
  >;
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
  const { jobs } = yaml('.github/workflows/ci.yml') as Workflow;

  it('runs commands that there are, by actions of a version, below its limits', () => {
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    for (const { run, uses } of steps) {
      if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
      for (const words of commandsIn(run ?? '')) expectToExist(words);
    }
    const [ci] = steps.filter(({ run }) => run === '.ci/run');
    const limit = Number(ci?.env?.CI_LIMIT_SECONDS) / 60;
    expect(limit).toBeLessThan(jobs.all?.['timeout-minutes'] ?? 0);
    expect(readFileSync('.ci/run', 'utf8')).toContain('CI_LIMIT_SECONDS');
  });

  it('runs on the oldest Node.js that is supported, and on the newer ones of long-term support', () => {
    const [, oldest] = /^>=([\d.]+)$/.exec(manifest.engines.node) ?? [];
    expect(jobs.all?.strategy.matrix.node).toEqual([oldest, '22', '24']);
  });

  it('runs on the servers that the documentation names', () => {
    const { include = [] } = jobs.servers?.strategy.matrix ?? {};
    const versions = include.map(({ image }) => /(redis|valkey):([\d.]+)/.exec(image)?.[2]);
    expect(readFileSync('docs/redis.md', 'utf8')).toContain(
      `Tested on Redis ${versions[0]} and ${versions[1]} and on Valkey ${versions[2]} (`,
    );
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
