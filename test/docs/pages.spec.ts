import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchors, links, wordCount } from './harness/markdown.js';

const PAGES = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

/** What links to them, and is linked by them. */
const OTHERS = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'sample-app/README.md'],
].filter((path) => existsSync(path));

/** Links of a page to files here, from the repository's root, with their anchors. */
function localLinks(page: string): { path: string; anchor: string }[] {
  return links(readFileSync(page, 'utf8'))
    .filter((to) => !/^[a-z]+:/.test(to))
    .map((to) => {
      const [path = '', anchor = ''] = to.split('#');
      return { path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

describe('README and the pages of docs/', () => {
  it.each(['README.md', ...PAGES])('%s has a spec that runs its code', (page) => {
    const name = page
      .toLowerCase()
      .replace(/^docs\//, '')
      .replace(/\.md$/, '');
    const files = [`test/docs/pages/${name}.ts`, `test/docs/pages/${name}.spec.ts`];
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(readFileSync(files[1] ?? '', 'utf8')).toContain('page.untaken()');
  });

  it.each([...OTHERS, ...PAGES])('%s links to what is there', (page) => {
    const broken = localLinks(page).filter(({ path, anchor }) => {
      if (!existsSync(path)) return true;
      return anchor !== '' && !anchors(readFileSync(path, 'utf8')).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('are all found from README, and lead back to it', () => {
    const found = new Set(['README.md']);
    for (const page of found) {
      for (const { path } of localLinks(page)) if (path.endsWith('.md')) found.add(path);
    }
    expect(PAGES.filter((page) => !found.has(page))).toEqual([]);
    const leading = (page: string) => localLinks(page).some(({ path }) => path === 'README.md');
    expect(PAGES.filter((page) => !leading(page))).toEqual([]);
  });

  it('have a README that is read in five minutes', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(wordCount(readme)).toBeLessThanOrEqual(650);
    expect(readme.split(/\s+/).length).toBeLessThanOrEqual(1_200); // with its code
  });
});
