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
    const arrival = { consumerGroup: 'g', deliveryCount: 3, isReplay: false };
    const delivered = toMessage(EVENT, {}, PLACE, { ...arrival, signal: () => signal });
    const named = Object.keys(delivered).slice(-4);

    expect(named).toEqual(['isReplay', 'consumerGroup', 'deliveryCount', 'signal']);
    expect({ ...delivered }).toMatchObject({ ...arrival, signal });
    expect(delivered).toEqual({ ...delivered });
    expect(Object.keys(toMessage(EVENT, {}, PLACE, { isReplay: true }))).toHaveLength(11);
  });

  it('asks for a signal when it is asked for one, each time, as it may be another one later', () => {
    let asked = 0;
    const { signal } = new AbortController();
    const make = () => {
      asked++;
      return signal;
    };
    const message = toMessage(EVENT, {}, PLACE, { isReplay: false, signal: make });
    expect(asked).toBe(0);
    expect(message.signal).toBe(signal);
    expect(asked).toBe(1);
    expect(() => Object.assign(message, { signal: null })).toThrow(TypeError);
  });

  it('gives its signal to whatever stands for it: a copy, a proxy, an object that inherits from it', () => {
    const { signal } = new AbortController();
    const message = toMessage(EVENT, {}, PLACE, { isReplay: false, signal: () => signal });
    const copy = { ...message };
    expect(copy.signal).toBe(signal);
    expect(Reflect.ownKeys(copy)).toEqual(Object.keys(message));
    expect(new Proxy(message, {}).signal).toBe(signal);
    expect((Object.create(message) as typeof message).signal).toBe(signal);
    expect(Object.keys(structuredClone(message))).toEqual(Object.keys(message));
    expect(JSON.parse(JSON.stringify(message))).toMatchObject({ id: 'id', signal: {} });
  });

  it('gives each message a timestamp of its own: a date can be changed', () => {
    toMessage(EVENT, {}, PLACE).timestamp.setTime(0);
    expect(PLACE.timestamp).toEqual(new Date(7));
  });
});
