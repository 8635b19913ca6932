import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OnEvent } from 'nestjs-lightbus';
import type { Browser, Page } from 'playwright-core';
import { waitFor } from '../support/wait-for.js';
import { PLATFORMS } from '../unit/dashboard/dashboard-application.js';
import {
  Charged,
  GROUP,
  startWithLetters,
  type LettersApplication,
} from '../unit/dashboard/letters-application.js';
import { startBrowser } from './dashboard/browser.js';
import { HOSTILE } from './dashboard/hostile.js';
import { findViolations, FIND_STRANGERS, watch } from './dashboard/watch.js';

const ERROR = "Cannot read properties of undefined (reading 'quantity')";

/** A handler that breaks, until it is mended. */
@Injectable()
class Mailing {
  isBroken = false;
  handled = 0;

  @OnEvent(Charged, { listenerName: 'mail', backoff: { initial: 200, max: 200 } })
  mail(): void {
    if (this.isBroken) throw new TypeError(ERROR);
    this.handled++;
  }
}

const browser = await startBrowser();
if (typeof browser === 'string') console.warn(`The page is not tried in a browser. ${browser}`);

(typeof browser === 'string' ? describe.skip.each(PLATFORMS) : describe.each(PLATFORMS))(
  'a bad night, with the page alone, on %s',
  (platform) => {
    let application: LettersApplication;
    let mailing: Mailing;
    let page: Page;
    const faults: string[] = [];

    beforeAll(async () => {
      const events = HOSTILE.filter((text) => text.length < 20_000).map((text) =>
        Object.assign(new Charged(), { email: text, note: text || 'nothing' }),
      );
      mailing = new Mailing();
      application = await startWithLetters(platform, events, {
        options: { actions: true },
        providers: [{ provide: Mailing, useValue: mailing }],
      });
      mailing.isBroken = true;
      await application.bus.fire(Charged, { email: 'ada@example.com' });
      page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 900 } });
      watch(page, faults, `${application.url}/lightbus`);
    }, 60_000);

    afterAll(async () => {
      await page.context().close();
      expect(faults).toEqual([]);
    });

    it('shows what is stuck, and why', async () => {
      await page.goto(`${application.url}/lightbus`);
      const card = page.getByRole('article').filter({ hasText: 'store-mail' });
      await waitFor(async () => {
        await page.reload();
        return (await card.count()) === 1;
      });
      const text = (await card.textContent()) ?? '';
      expect(text).toContain('Failing');
      expect(text).toContain(ERROR);
      expect(text).toMatch(/What to do:/);
    });

    it('leads to pages that are all there, accessible, and run nothing', async () => {
      const looked = new Set<string>();
      const found: unknown[] = [];
      const next = [`${application.url}/lightbus/overview`];
      for (let address; (address = next.shift()) !== undefined;) {
        const { pathname, search } = new URL(address);
        // A few of each kind.
        const kind = [...looked].filter((other) => new URL(other).pathname === pathname);
        if (looked.has(address) || kind.length >= 3 || /payload$/.test(pathname)) continue;
        looked.add(address);
        const response = await page.goto(address);
        if (response?.status() !== 200) found.push(`${response?.status()} ${pathname}${search}`);
        found.push(...(await page.evaluate<string[]>(FIND_STRANGERS)));
        if (kind.length === 0) found.push(...(await findViolations(page)));
        next.push(...(await page.evaluate<string[]>(LINKS)));
      }
      expect(found).toEqual([]);
      const kinds = [...looked].map((address) => new URL(address).pathname.split('/').pop());
      expect([...new Set(kinds)].sort()).toEqual([
        ...['dead-letters', 'entry', 'history', 'letter', 'letters', 'listener', 'listeners'],
        ...['overview', 'stream', 'streams'],
      ]);
    }, 60_000);

    it('drives dead letters again, by clicks alone', async () => {
      application.charging.broken = false;
      await page.goto(`${application.url}/lightbus/letters?group=${GROUP}`);
      const before = (await application.letters()).length;
      await page.locator('input[name=letter]').first().check();
      await page.getByRole('button', { name: 'Redrive …' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'Redrive 1 dead letter?',
      );
      await page.getByRole('button', { name: 'Redrive 1 dead letter' }).click();
      await waitFor(async () =>
        (await page.getByRole('heading', { level: 1 }).textContent())?.includes('1 of 1'),
      );
      await waitFor(() => application.charging.handled.length === 1);
      expect(await application.letters()).toHaveLength(before - 1);
    });

    it('tells when all is well again', async () => {
      mailing.isBroken = false;
      const listener = `${application.url}/lightbus/listeners?search=store-mail`;
      await waitFor(async () => {
        await page.goto(listener);
        return (await page.getByText('Up to date').count()) === 1;
      });
    });
  },
);

/** The addresses of all links on a page but those within it. */
const LINKS = `[...document.querySelectorAll('a[href]')]
  .filter((link) => !link.getAttribute('href').startsWith('#')).map((link) => link.href)`;
