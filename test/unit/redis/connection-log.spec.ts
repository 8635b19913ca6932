import { describe, expect, it } from '@jest/globals';
import { ConnectionLog } from '../../../lib/redis/connection-log.js';

describe('ConnectionLog', () => {
  function newLog() {
    const lines: string[] = [];
    const log = new ConnectionLog('redis://one:6379/0', {
      log: (message: unknown) => void lines.push(`log ${String(message)}`),
      warn: (message: unknown) => void lines.push(`warn ${String(message)}`),
      error: (message: unknown) => void lines.push(`error ${String(message)}`),
    });
    return { log, lines };
  }

  it('has one line for a loss and one for the return, however many connections and tries', () => {
    const { log, lines } = newLog();
    log.lost('commands', 'connect ECONNREFUSED');
    log.lost('bell', 'connect ECONNREFUSED');
    log.lost('commands', 'connect ECONNREFUSED');
    log.ready('commands');
    log.lost('bell', 'connect ECONNREFUSED');
    log.ready('bell');
    expect(lines).toEqual([
      'error No connection to Redis at redis://one:6379/0: connect ECONNREFUSED. Reconnecting.',
      'log Connected to Redis at redis://one:6379/0 again.',
    ]);
  });

  it('tells once in between what Redis objects to: waiting will not help', () => {
    const { log, lines } = newLog();
    log.lost('commands', 'the connection was closed');
    log.lost('commands', 'WRONGPASS invalid username-password pair');
    log.lost('bell', 'WRONGPASS invalid username-password pair');
    log.lost('commands', 'connect ECONNREFUSED');
    log.lost('commands', 'WRONGPASS invalid username-password pair');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(': WRONGPASS invalid username-password pair. Reconnecting.');
  });

  it('tells once what Redis refuses without which it goes on, whoever meets it', () => {
    const { log, lines } = newLog();
    log.refused('CLIENT', "NOPERM no 'client|info'.", 'Something is different.');
    log.refused('CLIENT', "NOPERM no 'client|kill'", 'Something is different.');
    log.ready('commands');
    log.refused('to tell', "NOPERM no 'client|id'", 'Something else is different.');
    log.refused('to tell', 'ERR unknown command', 'Something else is different.');
    expect(lines).toEqual([
      "warn Redis at redis://one:6379/0 refuses CLIENT: NOPERM no 'client|info'. Something is different.",
      'warn Redis at redis://one:6379/0 refuses to tell: ERR unknown command. Something else is different.',
    ]);
  });

  it('says nothing of connections that were never lost', () => {
    const { log, lines } = newLog();
    log.ready('commands');
    log.ready('bell');
    expect(lines).toEqual([]);
  });

  it('tells of each later loss again', () => {
    const { log, lines } = newLog();
    for (const reason of ['first', 'second']) {
      log.lost('bell', reason);
      log.ready('bell');
    }
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain('second');
  });

  it('tells once, and as no loss, that a connection without work was ended and made again', () => {
    const { log, lines } = newLog();
    for (let i = 0; i < 3; i++) {
      log.idled('commands');
      log.idled('bell');
      log.ready('bell');
      log.ready('commands');
    }
    expect(lines).toEqual([expect.stringMatching(/^log Redis at redis:.* nothing was under way/)]);
  });

  it('tells a loss, and nothing of idleness, where it can not be made again', () => {
    const { log, lines } = newLog();
    log.idled('commands');
    log.lost('commands', 'connect ECONNREFUSED');
    log.idled('commands');
    log.ready('commands');
    expect(lines).toEqual([
      expect.stringMatching(/^error No connection/),
      expect.stringMatching(/^log Connected/),
    ]);
  });
});
