import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { NewApplication } from '../package/new-application.js';
import type { Page } from './harness/page.js';

async function pages(): Promise<Page[]> {
  const files = readdirSync(`${import.meta.dirname}/pages`);
  const pages: Page[] = [];
  for (const file of files.filter((name) => /^[a-z-]+\.ts$/.test(name))) {
    const { page } = (await import(`./pages/${file}`)) as { page: Page };
    pages.push(page);
  }
  return pages;
}

describe('the TypeScript of README and docs/', () => {
  it('is strict code that compiles against the built package', async () => {
    const app = await NewApplication.linked();
    for (const page of await pages()) {
      for (const [path, text] of page.files()) await app.write(`${page.name}/${path}`, text);
    }
    await expect(app.check()).resolves.toMatchObject({ stdout: '' });
  }, 60_000);
});
