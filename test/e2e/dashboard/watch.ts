import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What is on a page that no view of ours makes: elements, attributes that run or load something, addresses elsewhere; and what
 * strangers' scripts would leave. A string, as it runs in the browser.
 */
export const FIND_STRANGERS = `(() => {
  const known = new Set(('html head meta title link script body a header p span nav ul li button main footer time bdi h1 h2 h3 ' +
    'form label input select option fieldset legend table caption thead tbody tr th td div section article dl dt dd ol pre code ' +
    'b i strong svg path details summary wbr').split(' '));
  return [...document.querySelectorAll('*')].flatMap((element) => {
    const name = element.localName;
    const found = known.has(name) ? [] : ['<' + name + '>'];
    for (const { name, value } of element.attributes) {
      if (/^on|^style$|^srcdoc$|^ping$/.test(name)) found.push(name + '=' + value);
      if (/^(href|src|action|formaction|data)$/.test(name) && !(/^\\.\\/|^#/.test(value))) found.push(name + '=' + value);
    }
    if (/^(script|link|meta)$/.test(name) && element.parentElement.localName !== 'head') found.push(name);
    return found;
  });
})()`;

/** Notes whatever a page does that no page of ours does. */
export function watch(page: Page, faults: string[], base: string): void {
  const note = (fault: string) => faults.push(`${page.url().slice(0, 200)}: ${fault}`);
  page.on('dialog', (dialog) => {
    note(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text());
  });
  page.on('pageerror', ({ message }) => note(message));
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) note(`request of ${request.url().slice(0, 200)}`);
  });
}

/** What axe finds wrong with a page. @param rules all by default. */
export async function findViolations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const run = `axe.run(document, ${JSON.stringify(options)})`;
  const { violations } = await page.evaluate<axe.AxeResults>(run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 300)} ${failureSummary}`),
  );
}
