import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Listeners } from 'nestjs-lightbus';
import { MailSent } from '../src/mail/mail.events.js';
import { orderOf, TestStore } from './test-store.js';

let store: TestStore;

beforeEach(async () => {
  store = await TestStore.start();
});

afterEach(() => store.stop());

describe('the mailer', () => {
  it('tells the customer of what happened, in order, and of nothing else', async () => {
    await store.post('/orders', orderOf('tea-1'));
    await store.post('/orders/tea-1/pay');
    await store.post('/orders/tea-1/ship');
    await store.recorder.whenHandled();
    const sent = store.recorder.fired(MailSent).map(({ payload }) => payload.subject);
    expect(sent).toEqual(['Your order tea-1 was placed', 'Your order tea-1 was shipped']);
    expect((await store.get('/mail')).body).toEqual(
      sent.map((subject) => expect.objectContaining({ to: 'ada@example.com', subject })),
    );
  });

  it('sets aside what it could not send, and sends it when it is driven again', async () => {
    const listeners = store.app.get(Listeners);
    await store.post('/mail/outage', { on: true });
    expect(await store.post('/orders', orderOf('tea-1'))).toMatchObject({ status: 201 });
    await store.recorder.whenHandled();
    store.recorder.assertNotFired(MailSent);

    await store.post('/mail/outage', { on: false });
    expect(await listeners.redrive('send_mail')).toBe(1);
    await store.recorder.whenHandled();
    store.recorder.assertFired(MailSent, { times: 1, payload: { orderId: 'tea-1' } });
  });
});
