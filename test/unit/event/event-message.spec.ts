import { describe, expect, it } from '@jest/globals';
import { toMessage } from '../../../lib/event/event-message.js';

const EVENT = { id: 'id', apiName: 'store.orders', eventName: 'placed', version: 2 };
const PLACE = { nativeId: '7-1', stream: 'store.orders.*:stream', timestamp: new Date(7) };

describe('toMessage', () => {
  it('makes a frozen message with the properties of a fired event, in their order', () => {
    const payload = { n: 1 };
    const message = toMessage({ ...EVENT, ...{ secret: 1 } }, payload, {
      ...PLACE,
      ...{ more: 1 },
    });

    expect(Object.entries(message)).toEqual([
      ['id', 'id'],
      ['nativeId', '7-1'],
      ['apiName', 'store.orders'],
      ['eventName', 'placed'],
      ['canonicalName', 'store.orders.placed'],
      ['version', 2],
      ['storedVersion', 2],
      ['payload', payload],
      ['timestamp', new Date(7)],
      ['stream', 'store.orders.*:stream'],
      ['isReplay', false],
    ]);
    expect(message.payload).toBe(payload);
    expect(Object.isFrozen(message)).toBe(true);
  });

  it('says group, count and signal of a delivery, and of nothing else', () => {
    const { signal } = new AbortController();
    const delivered = { consumerGroup: 'g', deliveryCount: 3, isReplay: false, signal };
    const named = Object.keys(toMessage(EVENT, {}, PLACE, delivered)).slice(-4);

    expect(named).toEqual(['consumerGroup', 'deliveryCount', 'isReplay', 'signal']);
    expect(toMessage(EVENT, {}, PLACE, delivered)).toMatchObject(delivered);
    expect(Object.keys(toMessage(EVENT, {}, PLACE, { isReplay: true }))).toHaveLength(11);
  });

  it('gives each message a timestamp of its own: a date can be changed', () => {
    toMessage(EVENT, {}, PLACE).timestamp.setTime(0);
    expect(PLACE.timestamp).toEqual(new Date(7));
  });
});
