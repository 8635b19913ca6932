import { describe, expect, it } from '@jest/globals';
import type { FireRetry } from 'nestjs-lightbus';
import { NewApplication } from '../package/new-application.js';
import { fireUntilStoredCode } from './fire-until-stored.js';

describe("README, 'Firing'", () => {
  // What it does is tested in test/e2e/fire-retry.spec.ts.
  it('fires again by code that compiles as strict code', async () => {
    const app = await NewApplication.linked();
    await app.write('main.ts', fireUntilStoredCode());
    await expect(app.compile('nodenext')).resolves.toMatchObject({ stdout: '' });
  }, 60_000);

  it('knows every value of retry', () => {
    const all: Record<FireRetry, true> = { again: true, with_ids: true, never: true };
    const cases = [...fireUntilStoredCode().matchAll(/case '(\w+)':/g)].map(([, value]) => value);
    expect(cases).toEqual(Object.keys(all));
  });
});
