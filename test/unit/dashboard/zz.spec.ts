import { it } from '@jest/globals';
import { Browser } from './browser.js';
import { startDashboard } from './dashboard-application.js';
it('x', async () => {
  const { url, logs } = await startDashboard('express');
  const a = await new Browser(url).get('/lightbus');
  console.log(a.status, a.body.slice(0, 300), logs.filter((l) => /error/.test(l)).join('\n'));
});
