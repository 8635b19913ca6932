import { describe, expect, it } from '@jest/globals';
import { describeWho, userOf } from '../../../../lib/dashboard/security/who.js';

describe('who asks', () => {
  it.each([
    [undefined, null],
    [null, null],
    [{}, null],
    [{ id: null, sub: 'ada' }, 'ada'],
    [{ id: 7, email: 'ada@example.com' }, '7'],
    [{ email: 'ada@example.com' }, 'ada@example.com'],
    ['ada', 'ada'],
    [{ id: { deep: 1 } }, null],
    [{ id: 'x'.repeat(500) }, `${'x'.repeat(200)}…`],
  ])('%j is %j', (user, name) => {
    expect(userOf({ user })).toBe(name);
  });

  it('is told with the address of the socket, and with what a proxy says', () => {
    const request = { method: 'POST', originalUrl: '/', socket: { remoteAddress: '10.0.0.1' } };

    expect(describeWho({ ...request, headers: {}, user: { id: 'ada' } })).toBe("'ada' at 10.0.0.1");
    expect(describeWho({ ...request, headers: { 'x-forwarded-for': '1.2.3.4' } })).toBe(
      "Somebody at 10.0.0.1 (which says it asks for '1.2.3.4')",
    );
  });
});
