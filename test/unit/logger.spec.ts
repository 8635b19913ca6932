import { Logger, type LoggerService } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LightbusLogger } from '../../lib/logger.js';
import { loggerOf } from './lifecycle/consumer-stage.js';

const LEVELS = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const;

describe('LightbusLogger', () => {
  let lines: unknown[][];
  let stderr: string;

  beforeEach(() => {
    [lines, stderr] = [[], ''];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
    use(loggerOf((level, line) => lines.push([level, ...line])));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    use(undefined);
  });

  function use(logger: LoggerService | undefined): void {
    Logger.overrideLogger(logger ?? ['log', 'warn', 'error']);
  }

  it('is silent below its level', () => {
    const logger = new LightbusLogger('warning');
    for (const level of LEVELS) logger[level]('m');
    expect(lines.map(([level]) => level)).toEqual(['warn', 'error', 'fatal']);
  });

  it.each(LEVELS)('hands a %s on as one line that a terminal does not act on', (level) => {
    new LightbusLogger('debug')[level]('a\n[Nest] 1 ERROR \u001b[2Jforged\u2028\u202e');
    expect(lines.map((line) => line.filter((one) => one !== undefined))).toEqual([
      [level, 'a\\u000a[Nest] 1 ERROR \\u001b[2Jforged\\u2028\\u202e', 'Lightbus'],
    ]);
  });

  it.each(['error', 'fatal'] as const)('indents each line of the stack of a %s', (level) => {
    const stack = 'Error: a\r\n[Nest] forged \u001b[2J\n    at f (file.js:1:1)';
    new LightbusLogger('debug')[level]('m', stack);
    const text = lines.flat().join('\n');
    expect(text).toContain('    Error: a\n    [Nest] forged \\u001b[2J\n    at f (file.js:1:1)');
    expect(text).not.toMatch(/^\[Nest\]/m);
  });

  it('changes nothing that is printable already', () => {
    new LightbusLogger('debug').log('a\\u001b ü 漢 \\');
    expect(lines).toEqual([['log', 'a\\u001b ü 漢 \\', 'Lightbus']]);
  });

  describe.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('disk\nfull');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk\nfull'))],
    [
      'throws what can not be shown',
      () => {
        throw Object.create(null);
      },
    ],
  ])('where the logger of the application %s', (_, fail) => {
    it.each(LEVELS)(
      'a %s throws nothing, and is written to stderr once, with the reason',
      async (level) => {
        use(loggerOf(fail));
        const rejected = jest.fn();
        process.once('unhandledRejection', rejected);
        new LightbusLogger('debug')[level](`what happened ${'x'.repeat(100_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        process.off('unhandledRejection', rejected);
        expect(rejected).not.toHaveBeenCalled();
        expect(stderr.match(/what happened/g)).toHaveLength(1);
        expect(stderr).toMatch(
          /^\[Lightbus\] [A-Z]+ what happened .*logger failed: (Error: disk\\u000afull|what can't be shown)/,
        );
        expect(stderr.length).toBeLessThan(5_000);
      },
    );
  });

  it('survives a logger whose methods throw when they are asked for, and a stderr that is closed', () => {
    const throwing = {
      get error(): LoggerService['error'] {
        throw new Error('no');
      },
    };
    use({ ...loggerOf(() => undefined) });
    Object.defineProperties(
      Logger['staticInstanceRef'],
      Object.getOwnPropertyDescriptors(throwing),
    );
    jest.mocked(process.stderr.write).mockImplementation(() => {
      throw new Error('EPIPE');
    });
    new LightbusLogger('debug').error('m');
  });

  it('logs as an error what is fatal, where the logger knows nothing fatal', () => {
    const { fatal: _, ...others } = loggerOf((level, line) => lines.push([level, ...line]));
    use(others);
    new LightbusLogger('critical').fatal('the end');
    expect(lines).toEqual([['error', 'the end', 'Lightbus']]);
  });

  it('guards lines, too, that Nest had kept until there was a logger', () => {
    Logger.attachBuffer();
    new LightbusLogger('debug').log('early');
    use(
      loggerOf(() => {
        throw new Error('no');
      }),
    );
    Logger.flush();
    expect(stderr).toContain('LOG early');
  });
});
