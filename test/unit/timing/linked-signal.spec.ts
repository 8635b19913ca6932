import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { linkSignals } from '../../../lib/timing/linked-signal.js';
import { Rest } from '../../../lib/timing/rest.js';
import { unlessAborted } from '../../../lib/timing/unless-aborted.js';

/** What `setMaxListeners` has set: Node 20 does not tell it of a signal, and its warning does not reach a test. */
function mostListeners(signal: AbortSignal): unknown {
  const names = Object.getOwnPropertySymbols(signal);
  const name = names.find(({ description }) => description?.includes('maxEventTargetListeners'));
  return name && Reflect.get(signal, name);
}

describe('linkSignals', () => {
  it.each([0, 1])('is aborted with source %d, for its reason', (i) => {
    const sources = [new AbortController(), new AbortController()];
    const { signal } = linkSignals(sources.map((one) => one.signal));
    expect(signal.aborted).toBe(false);
    const reason = new Error('over');
    sources[i]?.abort(reason);
    expect(signal.reason).toBe(reason);
  });

  it('is aborted at once where a source is', () => {
    const reason = new Error('over');
    const sources = [new AbortController().signal, AbortSignal.abort(reason)];
    expect(linkSignals(sources).signal.reason).toBe(reason);
  });

  it('can be aborted by itself', () => {
    const source = new AbortController();
    const link = linkSignals([source.signal]);
    link.abort('late');
    expect([link.signal.reason, source.signal.aborted]).toEqual(['late', false]);
  });

  it('leaves nothing on its sources once it is unlinked', () => {
    const source = new AbortController();
    const link = linkSignals([source.signal, source.signal]);
    link.unlink();
    expect(getEventListeners(source.signal, 'abort')).toEqual([]);
    source.abort();
    expect(link.signal.aborted).toBe(false);
  });

  it.each<[string, (signal: AbortSignal) => unknown]>([
    ['follow', (signal) => linkSignals([signal])],
    ['wait for something', (signal) => unlessAborted(Promise.resolve(), signal)],
    ['wait for news', (signal) => new Rest().rest(1, signal, () => true)],
  ])('has Node warn of no leak, however many %s', async (_, wait) => {
    const { signal } = new AbortController();
    await wait(signal);
    expect(mostListeners(signal)).toBe(0);
  });
});
