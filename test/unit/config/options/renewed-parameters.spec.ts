import { describe, expect, it } from '@jest/globals';
import type { ConnectionParameters } from '../../../../lib/config/options/connection-parameters.js';
import { parametersInForce } from '../../../../lib/config/options/renewed-parameters.js';

/** What comes of asking a function that answers so, several times. */
async function ask(...answers: (() => unknown)[]): Promise<unknown> {
  const next = () => answers.shift()?.() as ConnectionParameters;
  const given = parametersInForce(next) as () => Promise<unknown>;
  let outcome: unknown;
  while (answers.length > 0) outcome = await given().catch((error: unknown) => error);
  return outcome;
}

const throwing = (thrown: unknown) => () => {
  throw thrown;
};

describe('parametersInForce', () => {
  it('asks through one and the same function, each time', async () => {
    let asked = 0;
    const given = () => ({ password: `p${++asked}`, expiresAt: 5, maxsize: 3 });
    const ask = parametersInForce(given) as () => Promise<unknown>;
    expect(parametersInForce(given)).toBe(ask);
    expect(await ask()).toEqual({ password: 'p1' });
    expect(await ask()).toEqual({ password: 'p2' });
  });

  it.each<[string, object, RegExp]>([
    ['another place', { url: 'redis://u:S3cret@h' }, /^expected host and port; found 'url'/],
    ['another user', { user: 'S3cret' }, /^expected username; found 'user'/],
    ['a misspelling', { hosts: 'S3cret' }, /^expected host; found 'hosts'/],
    ['no password', { password: '' }, /^password: expected a text that is not empty/],
  ])('refuses what would lead to %s, without values', async (_, answer, message) => {
    const outcome = await ask(() => answer);
    expect((outcome as Error).message).toMatch(message);
    expect(String(outcome)).not.toContain('S3cret');
  });

  it.each<[string, unknown, string]>([
    ['an error', new Error('the vault is sealed'), 'the vault is sealed'],
    ['an error without words', new TypeError(''), 'TypeError'],
    ['a text', 'sealed', 'sealed'],
    ['nothing', null, 'null'],
    [
      'what resists',
      {
        toString() {
          throw new Error('no');
        },
      },
      "it threw what can't be shown (object)",
    ],
    [
      'a URL',
      new Error('GET redis://u:S3cret@h/0?token=S3cret failed'),
      'GET redis://u:***@h/0?token=*** failed',
    ],
    ['a pair', new Error('password=S3cret, "token": "S3cret"'), 'password=***, "token": "***"'],
    ['a header', new Error('Authorization: Bearer S3cret'), 'Authorization: Bearer ***'],
  ])('says why there are none, but no secret: %s', async (_, thrown, message) => {
    expect(await ask(throwing(thrown))).toMatchObject({ message });
  });

  it('knows the secrets that it was given before', async () => {
    const outcome = await ask(
      () => ({ password: 'hunter2' }),
      throwing(new Error('hunter2 is over')),
    );
    expect(outcome).toMatchObject({ message: '*** is over' });
  });

  it('says no more than can be read', async () => {
    const outcome = await ask(throwing(new Error('x'.repeat(1_000_000))));
    expect((outcome as Error).message).toHaveLength(301);
  });
});
