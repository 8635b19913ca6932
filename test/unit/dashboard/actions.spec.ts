import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/wait-for.js';
import { Browser } from './browser.js';
import { PLATFORMS } from './dashboard-application.js';
import { GROUP, startWithLetters, STREAM, type LettersApplication } from './letters-application.js';

const EVENTS = [
  { email: 'ada@example.com' },
  { email: 'bob@example.com', note: 'no such account' },
];

/** Where the plan for some letters is, or for all. */
function planOf(action: string, letters?: readonly string[], more = {}): string {
  const query = new URLSearchParams({ action, group: GROUP, ...more });
  letters?.forEach((id) => query.append('letter', `${id} ${STREAM}`));
  if (!letters) query.set('all', '1');
  return `/lightbus/plan?${query.toString()}`;
}

/** The page that an answer sends on to. */
function follow({ browser }: LettersApplication, { headers }: { headers: { location?: string } }) {
  return browser.get(
    new URL(headers.location!, `${browser.base}/lightbus/redrive`).href.slice(browser.base.length),
  );
}

describe.each(PLATFORMS)('actions of the page on %s', (platform) => {
  it('drive chosen letters again: plan, deed, and what has become of it', async () => {
    const application = await startWithLetters(platform, EVENTS);
    const { browser, charging, letters, logs } = application;
    const [first, second] = await letters();
    charging.broken = false;

    const plan = await browser.get(planOf('redrive', [first!]));
    expect(plan.body).toContain('Redrive 1 dead letter');
    expect(plan.body).toContain('the card was refused');
    expect(await letters()).toEqual([first, second]);

    const done = await browser.post('/lightbus/redrive', Browser.fieldsOf(plan));
    expect(done).toMatchObject({ status: 303, body: '' });
    await application.whenHandled();
    const result = await follow(application, done);
    expect(result).toMatchObject({ status: 200 });
    expect(result.body).toContain('1 of 1 dead letter was redriven');
    expect(result.body).toMatch(/Handled<\/dt>\s*<dd>1</);
    expect(charging.handled).toEqual(['ada@example.com']);
    expect(await letters()).toEqual([second]);
    expect(logs.filter((line) => line.includes('Dashboard:'))).toEqual([
      `warn Dashboard: Somebody at 127.0.0.1 redrives 1 dead letters of '${GROUP}' (${first} of '${STREAM}'): 1 redriven.`,
    ]);
  });

  it('discard all of an error, and nothing that has come since somebody looked', async () => {
    const application = await startWithLetters(platform, [...EVENTS, { email: 'cyd@example.com' }]);
    const { browser, bus, letters } = application;
    const list = await browser.get(`/lightbus/letters?group=${GROUP}`);
    const [error] = [...list.body.matchAll(/error=([\da-f]{12})/g)].map(([, id]) => id!);
    const matching = await browser.get(`/lightbus/letters?group=${GROUP}&error=${error}`);
    expect(matching.body).toContain('ada@example.com');
    expect(matching.body).not.toContain('bob@example.com');

    const plan = await browser.get(planOf('discard', undefined, { error }));
    expect(plan.body).toContain('Discard 2 dead letters');
    await bus.fire(await import('./letters-application.js').then((it) => it.Charged), {
      email: 'dan@example.com',
    });
    await application.whenHandled();
    const done = await browser.post('/lightbus/discard', Browser.fieldsOf(plan));

    expect((await follow(application, done)).body).toContain('2 of 2 dead letters were discarded');
    expect(await letters()).toHaveLength(2);
  });

  it('say what was not there any more', async () => {
    const application = await startWithLetters(platform, EVENTS);
    const { browser, letters } = application;
    const ids = await letters();
    const plan = await browser.get(planOf('discard', ids));
    const fields = Browser.fieldsOf(plan);
    await browser.post('/lightbus/discard', fields);
    const again = await browser.post('/lightbus/discard', fields);

    expect((await follow(application, again)).body).toContain('0 of 2 dead letters were discarded');
    const empty = await browser.get(planOf('redrive', ids));
    expect(empty.body).toContain('2 of the chosen ones are not there any more');
  });

  it('show what fails again', async () => {
    const application = await startWithLetters(platform, EVENTS);
    const { browser } = application;
    const plan = await browser.get(planOf('redrive'));
    const done = await browser.post('/lightbus/redrive', Browser.fieldsOf(plan));

    await waitFor(async () => {
      const { body } = await follow(application, done);
      return /Given up again<\/dt>\s*<dd>2</.test(body);
    });
  });

  it('need a form of this page, from this page, in this browser', async () => {
    const { browser, letters } = await startWithLetters(platform, EVENTS);
    const [first] = await letters();
    const fields = Browser.fieldsOf(await browser.get(planOf('discard', [first!])));
    const { token, ...others } = fields;
    const post = (given: Record<string, string>, headers = {}) =>
      browser.post('/lightbus/discard', given, headers);
    const refused = [
      await post(others),
      await post({ ...others, token: '' }),
      await post({ ...others, token: `${token!.slice(0, -1)}?` }),
      await post(fields, { cookie: undefined }),
      await post(fields, { cookie: `lightbus_dashboard=${'x'.repeat(24)}` }),
      await post(fields, { origin: 'https://evil.example' }),
      await post(fields, { origin: 'null' }),
      await post(fields, { origin: undefined }),
      await post(fields, { 'sec-fetch-site': 'cross-site' }),
      await post(fields, { 'sec-fetch-site': 'none' }),
    ];

    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    for (const { body } of refused) expect(body).toContain('Nothing was done');
    expect(await browser.get('/lightbus/discard')).toMatchObject({ status: 404 });
    expect(await letters()).toHaveLength(2);
    expect(await post(fields)).toMatchObject({ status: 303 });
  });

  it('refuse a form that says nothing that can be done', async () => {
    const { browser, letters } = await startWithLetters(platform, EVENTS);
    const fields = Browser.fieldsOf(await browser.get(planOf('discard', await letters())));
    const many = Array.from({ length: 501 }, (_, i) => [`${i + 1}-0`, STREAM]);
    const { letters: _, ...without } = fields;
    for (const form of [
      without,
      ...[
        '[]',
        '{"a":1}',
        '[',
        '[["x","y"]]',
        '[[1,2]]',
        '[null]',
        'null',
        JSON.stringify(many),
      ].map((given) => ({ ...fields, letters: given })),
      { ...fields, group: '' },
      { ...without, upTo: 'x' },
    ]) {
      const { status, body } = await browser.post('/lightbus/discard', form);
      expect({ form, status }).toEqual({ form, status: 400 });
      expect(body).toMatch(/^<!doctype html>/);
    }
    expect(await letters()).toHaveLength(2);
  });

  it('are off unless asked for: the page only reads', async () => {
    const application = await startWithLetters(platform, EVENTS, { options: {} });
    const { browser, letters } = application;
    const answers = [
      await browser.post('/lightbus/redrive', {}),
      await browser.post('/lightbus/discard', {}),
      await browser.get(planOf('discard', await letters())),
      await browser.get(`/lightbus/result?action=discard&group=${GROUP}`),
    ];

    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect(body).toContain('actions: true');
    }
    const { body } = await browser.get(`/lightbus/letters?group=${GROUP}`);
    expect(body).not.toMatch(/method="post"|type="checkbox"/);
    expect(await letters()).toHaveLength(2);
  });

  it('name in the log whom a guard has let in; a token of theirs is nobody else’s', async () => {
    @Injectable()
    class Login implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request = context
          .switchToHttp()
          .getRequest<{ headers: Record<string, string>; user?: unknown }>();
        // Nobody's name makes a line of the log look like two.
        request.user = { id: `${request.headers['x-user']}\nwarn Eve` };
        return true;
      }
    }
    const { browser, letters, logs } = await startWithLetters(platform, EVENTS, {
      providers: [{ provide: APP_GUARD, useClass: Login }],
    });
    const plan = await browser.get(planOf('discard', await letters()), {
      'x-user': 'ada',
    });
    const fields = Browser.fieldsOf(plan);

    expect(await browser.post('/lightbus/discard', fields, { 'x-user': 'eve' })).toMatchObject({
      status: 403,
    });
    expect(logs.filter((line) => line.includes('Dashboard:'))).toEqual([]);
    const taken = await browser.post('/lightbus/discard', fields, { 'x-user': 'ada' });
    expect(taken).toMatchObject({ status: 303 });
    expect(logs.filter((line) => line.includes('Dashboard:'))).toEqual([
      expect.stringMatching(
        /^warn Dashboard: 'ada\\u000awarn Eve' at 127.0.0.1 discards 2 .*: 2 discarded\.$/,
      ),
    ]);
  });

  it('work behind a load balancer with a common secret, and say so where it lacks', async () => {
    const parts = (secret?: string) => ({ options: { actions: true, secret } });
    const secret = 'in common to all that serve the page';
    const [one, two, three] = await Promise.all(
      [secret, secret, undefined].map((given) => startWithLetters(platform, EVENTS, parts(given))),
    );
    const plan = await one!.browser.get(planOf('discard'));
    const fields = Browser.fieldsOf(plan);
    const cookie = plan.headers['set-cookie']![0]!.split(';')[0]!;

    expect(await two!.browser.post('/lightbus/discard', fields, { cookie })).toMatchObject({
      status: 303,
    });
    const refused = await three!.browser.post('/lightbus/discard', fields, { cookie });
    expect(refused).toMatchObject({ status: 403 });
    expect(refused.body).toContain('secret');
  });
});

it('forms are read where an application of Express reads none', async () => {
  const application = await startWithLetters('express', EVENTS, { nest: { bodyParser: false } });
  const { browser, letters } = application;
  const fields = Browser.fieldsOf(await browser.get(planOf('discard', await letters())));

  expect(
    await browser.post('/lightbus/discard', fields, { 'content-type': 'text/plain' }),
  ).toMatchObject({
    status: 415,
  });
  const large = { ...fields, padding: 'x'.repeat(200_000) };
  expect(await browser.post('/lightbus/discard', large)).toMatchObject({ status: 413 });
  expect(await browser.post('/lightbus/discard', fields)).toMatchObject({ status: 303 });
  expect(await letters()).toEqual([]);
});
