import { describe, expect, it } from '@jest/globals';
import { ConnectionLog } from '../../../../lib/transport/redis/connection-log.js';

describe('ConnectionLog', () => {
  function newLog() {
    const lines: string[] = [];
    const log = new ConnectionLog('redis://one:6379/0', {
      log: (message: unknown) => void lines.push(`log ${String(message)}`),
      error: (message: unknown) => void lines.push(`error ${String(message)}`),
    });
    return { log, lines };
  }

  it('has one line for a loss and one for the return, however many connections and tries', () => {
    const { log, lines } = newLog();
    log.lost('commands', 'connect ECONNREFUSED');
    log.lost('doorbell', 'connect ECONNREFUSED');
    log.lost('commands', 'connect ECONNREFUSED');
    log.ready('commands');
    log.lost('doorbell', 'connect ECONNREFUSED');
    log.ready('doorbell');
    expect(lines).toEqual([
      'error No connection to Redis at redis://one:6379/0: connect ECONNREFUSED. Reconnecting.',
      'log Connected to Redis at redis://one:6379/0 again.',
    ]);
  });

  it('says nothing of connections that were never lost', () => {
    const { log, lines } = newLog();
    log.ready('commands');
    log.ready('doorbell');
    expect(lines).toEqual([]);
  });

  it('tells of each later loss again', () => {
    const { log, lines } = newLog();
    for (const reason of ['first', 'second']) {
      log.lost('doorbell', reason);
      log.ready('doorbell');
    }
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain('second');
  });
});
