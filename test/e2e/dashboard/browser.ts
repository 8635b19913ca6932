import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../support/install-chromium.mjs';
import { owned } from '../../support/owned.js';

/**
 * Starts a Chromium, closed after the test file: the one that `CHROMIUM_PATH` names, or one on the PATH.
 *
 * @returns why there is none, where that is so.
 */
export async function startBrowser(): Promise<Browser | string> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    return 'There is no Chromium: install it, or say where it is by CHROMIUM_PATH.';
  }
  // Without a sandbox where this is root, as in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  owned().onEnd(() => browser.close());
  return browser;
}
