import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { tailRow } from '../../lib/dashboard/views/entry-rows.js';
import { waitFor } from '../support/wait-for.js';
import { startBrowser } from './dashboard/browser.js';
import { HOSTILE } from './dashboard/hostile.js';
import { failing, frame, history, letterRows } from './dashboard/models.js';
import { historyPage } from '../../lib/dashboard/views/history.js';
import { listenersPage } from '../../lib/dashboard/views/listeners.js';
import {
  emptyPages,
  goodPages,
  hostileEntries,
  hostilePages,
  PAGE_NAMES,
  type Pages,
} from './dashboard/pages.js';
import { PageServer, POLICY } from './dashboard/server.js';
import { findViolations, FIND_STRANGERS, watch } from './dashboard/watch.js';

const WIDTHS = [360, 768, 1280];

/** Pages that have all that pages are made of. */
const IN_SHORT = ['overview', 'history', 'letters'];

const browser = await startBrowser();
if (typeof browser === 'string') console.warn(`The page is not tried in a browser. ${browser}`);

(typeof browser === 'string' ? describe.skip : describe)('the page in a browser', () => {
  const server = new PageServer();
  let base: string;
  let context: BrowserContext;
  let page: Page;
  /** What a page has done that it must not. */
  let faults: string[];

  beforeAll(async () => {
    base = await server.start();
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    server.policy = POLICY;
    await open({});
  });

  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });

  it('is accessible, and no wider than its window', async () => {
    await visit(goodPages, async (name, width) => {
      await expectNoSidewaysScrolling(name, width);
      // On a narrow screen tables are lists.
      if (width === 1280 || (width === 360 && IN_SHORT.includes(name)))
        expect({ name, width, found: await findViolations(page) }).toEqual({
          name,
          width,
          found: [],
        });
    });
    await visit(emptyPages, async (name, width) => {
      await expectNoSidewaysScrolling(name, width);
      if (width === 1280)
        expect({ name, found: await findViolations(page) }).toEqual({ name, found: [] });
    });
  }, 60_000);

  it('can be read in the dark', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await visit({ ...goodPages, history: emptyPages.history! }, async (name, width) => {
      if (width !== 1280) return;
      expect({ name, found: await findViolations(page, ['color-contrast']) }).toEqual({
        name,
        found: [],
      });
    });
  }, 60_000);

  it.each([POLICY, null])(
    'runs nothing that strangers have written (policy: %s)',
    async (policy) => {
      server.policy = policy;
      // Each start brings other texts to each place.
      for (let start = 0; start < HOSTILE.length; start += policy === null ? 15 : 30) {
        server.pages = hostilePages(start);
        for (const name of PAGE_NAMES) {
          await go(name);
          const found = await page.evaluate(FIND_STRANGERS);
          expect({ start, name, found }).toEqual({ start, name, found: [] });
        }
      }
    },
    60_000,
  );

  it('has room for the longest names', async () => {
    for (const start of [0, HOSTILE.findIndex((text) => text.startsWith('aaa')) - 3]) {
      await visit(hostilePages(start), expectNoSidewaysScrolling);
    }
  }, 60_000);

  it('can be used by keyboard alone', async () => {
    for (const name of ['overview', 'letters', 'history', 'entry'] as const) {
      server.pages = goodPages;
      await go(name);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
      const reached: unknown[] = [];
      // After the last one the browser's own controls come, and the page's body is what has the focus.
      for (let name: unknown; (name = await page.evaluate(NAME_OF_FOCUSED)) !== null;) {
        reached.push(name);
        await page.keyboard.press('Tab');
      }
      const all = await page.evaluate(NAMES_OF_ALL);
      expect({ name, reached: reached.sort() }).toEqual({ name, reached: all });
    }
  });

  it('leads past the navigation', async () => {
    server.pages = goodPages;
    await go('overview');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('keeps itself current, but not while that would disturb', async () => {
    let pending = 1;
    const listeners = () => [{ ...failing, pending }];
    server.pages = {
      listeners: () => listenersPage(frame, { listeners: listeners(), search: '', problems: [] }),
    };
    await page.clock.install();
    await go('listeners');
    const cell = page.locator('td[data-label=Pending]');
    const next = async () => {
      const before = server.asked.length;
      await page.clock.fastForward(5_000);
      await waitFor(() => server.asked.length > before);
    };
    expect(await cell.textContent()).toContain('1');

    await page.locator('th a').focus();
    pending = 2;
    await next();
    await waitFor(async () => (await cell.textContent())?.includes('2'));
    // The focus is where it was, though the link is another one.
    expect(await page.evaluate('document.activeElement.textContent')).toBe(failing.name);

    await page.getByRole('button', { name: 'Pause updates' }).click();
    pending = 3;
    const before = server.asked.length;
    await page.clock.fastForward(20_000);
    expect(server.asked.length).toBe(before);
    await page.getByRole('button', { name: 'Pause updates' }).click();
    await waitFor(async () => (await cell.textContent())?.includes('3'));
  });

  it('follows a stream, keeps so many events, and tells of those it left out', async () => {
    server.pages = goodPages;
    await go('history');
    const button = page.getByRole('button', { name: 'Follow live' });
    await button.click();
    await waitFor(() => server.following === 1);
    for (const entry of hostileEntries()) server.tell(tailRow(frame, entry));
    for (let i = 0; i < 250; i++) {
      server.tell(tailRow(frame, { ...hostileEntries()[0]!, name: `store.Event${i}` }));
    }
    server.tell('17', 'dropped');
    const status = page.locator('#tail [role=status]');
    const told = `Following: ${HOSTILE.length + 250} new, 17 more left out.`;
    await waitFor(async () => (await status.textContent()) === told, { message: told });
    expect(await page.locator('tbody tr').count()).toBe(200);
    expect(await page.locator('tbody tr').first().textContent()).toContain('store.Event249');
    expect(await page.evaluate(FIND_STRANGERS)).toEqual([]);

    await page.getByRole('button', { name: 'Stop following' }).click();
    await waitFor(() => server.following === 0);
  });

  it('follows a stream that has nothing yet', async () => {
    server.pages = {
      history: () => historyPage(frame, { ...history, entries: [], next: null, lookedAt: 0 }),
    };
    await go('history');
    await page.getByRole('button', { name: 'Follow live' }).click();
    await waitFor(() => server.following === 1);
    server.tell(tailRow(frame, hostileEntries()[0]!));
    await waitFor(async () => (await page.locator('tbody tr').count()) === 1);
  });

  it('chooses all letters with one box', async () => {
    server.pages = goodPages;
    await go('letters');
    const all = page.getByLabel('Choose all that are listed');
    const chosen = () => page.locator('input[name=letter]:checked').count();
    await all.check();
    expect(await chosen()).toBe(6);
    await page.locator('input[name=letter]').first().uncheck();
    expect(await all.evaluate((box: { indeterminate: boolean }) => box.indeterminate)).toBe(true);
    await all.check();
    await all.uncheck();
    expect(await chosen()).toBe(0);
  });

  it('does without a script', async () => {
    await context.close();
    await open({ javaScriptEnabled: false });
    server.pages = goodPages;
    await go('overview');
    expect(await page.getByRole('button', { name: 'Pause updates' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Dead letters', exact: true }).first().click();
    await page.locator('h2 a').click();
    await page.locator('input[name=letter]').first().check();
    await page.getByRole('button', { name: 'Redrive …' }).click();
    const { pathname, searchParams } = new URL(page.url());
    expect(pathname).toBe('/lightbus/plan');
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ group: 'store-charge', action: 'redrive' },
      letter: `${letterRows[0]!.id} ${letterRows[0]!.stream}`,
    });
    expect(await page.getByRole('button', { name: 'Redrive 12 dead letters' }).count()).toBe(1);
  });

  async function open(options: Parameters<Browser['newContext']>[0]) {
    context = await (browser as Browser).newContext({ locale: 'en', ...options });
    page = await context.newPage();
    faults = [];
    watch(page, faults, base);
  }

  async function go(name: string) {
    const response = await page.goto(`${base}/${name}`);
    if (!response?.ok()) throw new Error(`${name}: ${await response?.text()}`);
  }

  /** Every page, one after the other, on each width. */
  async function visit(pages: Pages, look: (name: string, width: number) => Promise<void>) {
    server.pages = pages;
    for (const name of Object.keys(pages)) {
      await go(name);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await look(name, width);
      }
    }
  }

  async function expectNoSidewaysScrolling(name: string, width: number) {
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    expect({ name, width, wide }).toEqual({ name, width, wide: width });
  }
});

/** What is to be reached by Tab, and what is reached, by what tells them apart. */
const NAME_OF = `const nameOf = (one) => [...document.querySelectorAll('*')].indexOf(one) + ' ' + one.localName;`;
const NAME_OF_FOCUSED = `(() => { ${NAME_OF} const one = document.activeElement; return one === document.body ? null : nameOf(one); })()`;
const NAMES_OF_ALL = `(() => { ${NAME_OF}
  return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter((one) => one.checkVisibility() && one.type !== 'hidden').map(nameOf).sort(); })()`;
