import { beforeEach, describe, expect, it } from '@jest/globals';
import { DisconnectedError, ProcessNameInUseError, TransportError } from '../../../lib/errors.js';
import { SubscriptionLog } from '../../../lib/lifecycle/subscription-log.js';
import type { Listener } from '../../../lib/listener/listener.js';
import type { LightbusLogger } from '../../../lib/logger.js';

const ref = { stream: 'store.orders.*:stream', group: 'shop-stock', consumer: 'w1' };

const first = { attempt: 1, retryInMs: 100 };

describe('SubscriptionLog', () => {
  let lines: string[];
  let log: SubscriptionLog;

  beforeEach(() => {
    lines = [];
    const logger = Object.fromEntries(
      ['debug', 'log', 'warn', 'error'].map((level) => [
        level,
        (text: string) => void lines.push(`${level} ${text}`),
      ]),
    );
    const listener = { name: 'stock', options: { listenerName: 'stock' } };
    log = new SubscriptionLog(listener as unknown as Listener, logger as unknown as LightbusLogger);
  });

  it('says that an entry was taken over by another process', () => {
    log.report({ kind: 'taken', ref, nativeId: '7-0' });
    expect(lines).toEqual([
      expect.stringMatching(
        /^error Listener 'stock' had entry 7-0 .* taken over by another process/,
      ),
    ]);
  });

  it('says which history has vanished, and remembers the last hundred of such losses', () => {
    log.report({ kind: 'vanished', ref, range: { after: '2-0', until: '4-0' } });
    log.report({ kind: 'vanished', ref, range: { after: '2-0', until: null } });
    expect(lines[0]).toMatch(/^error .*HISTORY IS LOST.*entries after 2-0 up to 4-0 /);
    expect(lines[1]).toMatch(/^error .*the stream itself was deleted.*followed 2-0/);
    expect(log.lost).toMatchObject([
      { stream: ref.stream, after: '2-0', until: '4-0' },
      { stream: ref.stream, after: '2-0', until: null },
    ]);
    for (let i = 0; i < 200; i++) {
      log.report({ kind: 'vanished', ref, range: { after: `${i}-0`, until: `${i + 1}-0` } });
    }
    expect(log.lost).toHaveLength(100);
    expect(log.lost.at(-1)?.until).toBe('200-0');
  });

  it('says what others have skipped, and how to go back', () => {
    log.report({ kind: 'skipped', ref, range: { after: '2-0', until: '7-0' } });
    expect(lines[0]).toMatch(/^error .*entries after 2-0 up to 7-0 were handled by nobody/);
    expect(lines[0]).toContain('XGROUP SETID "store.orders.*:stream" "shop-stock" 2-0');
    expect(log.lost).toMatchObject([{ after: '2-0', until: '7-0' }]);
  });

  it('says once what keeps a listener from reading, and that it reads again', () => {
    for (let i = 1; i <= 3; i++) {
      log.report({
        kind: 'failed',
        error: new TransportError('NOPERM no.'),
        attempt: i,
        retryInMs: 50,
      });
    }
    expect(log.failure).toMatchObject({ attempt: 3, error: 'NOPERM no.' });
    expect(Number(log.failure?.nextTryAt) - Number(log.failure?.since)).toBeGreaterThanOrEqual(50);
    log.report({ kind: 'recovered' });
    expect(log.failure).toBeUndefined();
    expect(lines).toEqual([
      "error Listener 'stock' can't go on: NOPERM no. It tries again, with growing delays.",
      "log Listener 'stock' reads again.",
    ]);
  });

  it('leaves a lost connection to the store, which says it for all listeners', () => {
    log.report({
      kind: 'failed',
      error: new DisconnectedError('The connection was closed.'),
      ...first,
    });
    expect(log.failure?.error).toBe('The connection was closed.');
    log.report({ kind: 'recovered' });
    expect(lines).toEqual([expect.stringMatching(/^debug .*waits for a connection/)]);
  });

  it('warns that a process name is in use, as that of a process that was killed is for a moment', () => {
    log.report({ kind: 'failed', error: new ProcessNameInUseError('in use'), ...first });
    expect(lines).toEqual(["warn Listener 'stock' waits for its process name: in use"]);
  });

  it('says that keeping house fails, and what follows from that', () => {
    log.report({ kind: 'upkeep_failed', ref, error: new TransportError('NOPERM no.') });
    expect(lines).toEqual([
      expect.stringMatching(/^error .*can't keep house in 'shop-stock'.*NOPERM no\. Until/),
    ]);
    expect(log.failure).toBeUndefined();
  });
});
