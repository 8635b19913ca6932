import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LightbusDashboardOptions } from 'nestjs-lightbus/dashboard';
import { Stores } from '../../../lib/store/stores.js';
import { put } from '../operations/letters.js';
import { PLATFORMS } from './dashboard-application.js';
import { GROUP, startWithLetters, STREAM, type LettersApplication } from './letters-application.js';

type Mask = NonNullable<LightbusDashboardOptions['mask']>;

const SECRET = 'ada@example.com';

describe.each(PLATFORMS)('what is shown of payloads on %s', (platform) => {
  // One application serves all masks.
  let mask: Mask;
  let application: LettersApplication;

  beforeAll(async () => {
    application = await startWithLetters(platform, [{ email: SECRET }], {
      options: { mask: (event, payload) => mask(event, payload), actions: true },
    });
  });

  async function pagesOf({ browser, letters }: LettersApplication) {
    const [id] = await letters();
    const ref = new URLSearchParams({ group: GROUP, stream: STREAM, id: id! }).toString();
    return {
      list: await browser.get(`/lightbus/letters?group=${GROUP}`),
      letter: await browser.get(`/lightbus/letter?${ref}`),
      saved: await browser.get(`/lightbus/letter-payload?${ref}`),
      plan: await browser.get(`/lightbus/plan?action=discard&all=1&group=${GROUP}`),
    };
  }

  it('is all of them without a mask; saved as text that no browser runs', async () => {
    const { list, letter, saved } = await pagesOf(
      await startWithLetters(platform, [{ email: SECRET }]),
    );

    for (const { body } of [list, letter, saved]) expect(body).toContain(SECRET);
    expect(saved.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="dead-letter-[\d-]+\.txt"$/,
      ),
      'x-content-type-options': 'nosniff',
    });
    expect(JSON.parse(saved.body)).toEqual({ email: SECRET });
  });

  it('is what mask makes of them, which is told the event', async () => {
    const events: string[] = [];
    mask = (event, payload) => {
      events.push(event);
      return { ...payload, email: '***' };
    };
    const { list, letter, saved } = await pagesOf(application);

    for (const { body } of [list, letter, saved]) {
      expect(body).toContain('***');
      expect(body).not.toContain(SECRET);
    }
    expect(new Set(events)).toEqual(new Set(['shop.charged']));
  });

  it.each<[string, Mask]>([
    [
      'throws',
      (_, { email }) => {
        throw new Error(`can't mask ${String(email)}`);
      },
    ],
    // What it would resolve to is not waited for, and what it rejects with ends nothing.
    ['makes a promise', async (_, payload) => payload],
    ['makes a promise that rejects', () => Promise.reject(new Error(SECRET))],
    [
      'makes what can’t be written',
      (_, { email }) => ({
        get email() {
          throw new Error(String(email));
        },
      }),
    ],
    ['makes nothing', () => undefined],
  ])('is nothing where mask %s', async (_, given) => {
    mask = given;
    const pages = await pagesOf(application);

    for (const { body } of Object.values(pages)) expect(body).not.toContain(SECRET);
    expect([pages.list.status, pages.letter.status]).toEqual([200, 200]);
  });

  it('is nothing of what is no event, where there is a mask: it can’t say what of it is personal', async () => {
    mask = (_, payload) => payload;
    const { app, browser } = application;
    const { store } = app.get(Stores).forApi('shop');
    await put(store, { ref: { stream: STREAM, group: GROUP } }, ['what', 'no event of ours']);
    const { status, body } = await browser.get(`/lightbus/letters?group=${GROUP}`);

    expect(status).toBe(200);
    expect(body).toContain('foreign');
    expect(body).not.toContain('no event of ours');
  });
});
