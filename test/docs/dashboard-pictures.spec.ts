import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startBrowser } from '../e2e/dashboard/browser.js';
import { goodPages } from '../e2e/dashboard/pages.js';
import { PageServer } from '../e2e/dashboard/server.js';

const DIR = 'docs/dashboard';
const LARGEST = 150_000;

const WIDE = { width: 1080, height: 680 };
const PHONE = { width: 360, height: 680 };

const PICTURES = [
  { file: 'overview-light.png', page: 'overview', colorScheme: 'light', viewport: WIDE },
  { file: 'overview-dark.png', page: 'overview', colorScheme: 'dark', viewport: WIDE },
  { file: 'overview-phone.png', page: 'overview', colorScheme: 'light', viewport: PHONE },
  { file: 'listener.png', page: 'listener', colorScheme: 'light', viewport: WIDE },
  { file: 'letters.png', page: 'letters', colorScheme: 'light', viewport: WIDE },
  { file: 'plan.png', page: 'plan', colorScheme: 'light', viewport: WIDE },
  { file: 'history.png', page: 'history', colorScheme: 'light', viewport: WIDE },
] as const;

describe('the pictures of the page', () => {
  it('are there, and small', async () => {
    if (process.env.UPDATE_README) await takePictures();
    expect(readdirSync(DIR).sort()).toEqual(PICTURES.map(({ file }) => file).sort());
    for (const { file } of PICTURES) {
      expect({ file, isSmall: statSync(`${DIR}/${file}`).size < LARGEST }).toEqual({
        file,
        isSmall: true,
      });
    }
  }, 60_000);
});

async function takePictures(): Promise<void> {
  const browser = await startBrowser();
  if (typeof browser === 'string') {
    console.warn(`The pictures of the page stay as they are. ${browser}`);
    return;
  }
  const server = new PageServer();
  server.pages = goodPages;
  const base = await server.start();
  mkdirSync(DIR, { recursive: true });
  for (const { file, page: name, ...options } of PICTURES) {
    const page = await browser.newPage(options);
    await page.goto(`${base}/${name}`);
    await page.screenshot({ path: `${DIR}/${file}` });
    await page.close();
  }
  await server.stop();
}
