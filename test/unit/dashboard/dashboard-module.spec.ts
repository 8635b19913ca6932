import { describe, expect, it } from '@jest/globals';
import { startDashboard } from './dashboard-application.js';

describe.each(['express', 'fastify'] as const)('the page on %s', (platform) => {
  it('is there', async () => {
    const { url } = await startDashboard(platform);
    const answer = await fetch(`${url}/lightbus`);
    expect(answer.status).toBe(200);
  });
});
