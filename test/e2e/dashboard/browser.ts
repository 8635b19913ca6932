import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';
import { owned } from '../../support/owned.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Starts a Chromium, closed after the test file: the one that `CHROMIUM_PATH` names, or one on the PATH. Where there is none, and this is a run of
 * CI that may install it, it is installed.
 *
 * @returns why there is none, where that is so.
 */
export async function startBrowser(): Promise<Browser | string> {
  const executablePath = findChromium() ?? (process.env.CI ? install() : undefined);
  if (executablePath === undefined) {
    return 'There is no Chromium: install it, or say where it is by CHROMIUM_PATH.';
  }
  // Without a sandbox where this is root, as in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  owned().onEnd(() => browser.close());
  return browser;
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return named;
  return NAMES.map(pathOf).find((path) => path !== '');
}

function pathOf(name: string): string {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

function install(): string | undefined {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo -n ';
  const command = `command -v apt-get && ${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends chromium`;
  spawnSync('sh', ['-c', command], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 300_000,
  });
  return findChromium();
}
