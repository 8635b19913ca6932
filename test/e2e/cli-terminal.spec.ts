import { beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis } from '../support/redis-server.js';
import { configFor } from './cli-process.js';
import { HAS_TERMINAL, lightbusOnTerminal } from './terminal.js';

const STREAM = 'store.orders.*:stream';
const ESCAPE = '\u001b';

(HAS_TERMINAL ? describe : describe.skip)('the lightbus command on a terminal', () => {
  let config: string;

  beforeAll(async () => {
    const server = await startRedis();
    config = configFor(server.url);
    const redis = server.client();
    await redis.xadd(STREAM, '1714521603000-0', 'id', 'e1', 'event_name', 'placed', ':n', '1');
    await redis.xgroup('CREATE', STREAM, 'online_store-reserve_stock', '0');
    const group = ['GROUP', 'online_store-reserve_stock', 'worker1'] as const;
    await redis.xreadgroup(...group, 'STREAMS', STREAM, '>');
  });

  /** Lines as they are shown, without colours. */
  async function show(args: string[], columns: number): Promise<string[]> {
    const { code, stdout } = await lightbusOnTerminal([...args, '--config', config], columns, {
      NO_COLOR: '1',
    });
    expect(code).toBe(0);
    expect(stdout).not.toContain(ESCAPE);
    return stdout.trimEnd().split('\r\n');
  }

  it('status keeps to its width, and shows what matters within 80 columns', async () => {
    const lines = await show(['status'], 80);
    expect(lines).toEqual([
      STREAM,
      expect.stringMatching(/^1 entry, memory .*, on redis:/),
      expect.stringMatching(/^first 2024-05-01T00:00:03.000Z, last 2024-05-01T00:00:03.000Z$/),
      expect.stringMatching(/^LISTENER, CONSUMER +IDLE +PENDING +UNDELIVERED +DEAD LETTERS$/),
      expect.stringMatching(/^online_store-reserve_stock +1 +0 +0$/),
      expect.stringMatching(
        /^ {2}oldest pending 1714521603000-0, for .*, delivered 1 time, with worker1$/,
      ),
      expect.stringMatching(/^ {2}worker1 +\d+ m?s +1$/),
    ]);
    const narrow = await show(['status'], 30);
    expect(narrow).toHaveLength(lines.length);
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(30);
  });

  it('status shows everything on a terminal without a size, as containers have', async () => {
    const lines = await show(['status'], 0);
    expect(lines).toEqual(
      expect.arrayContaining([
        STREAM,
        expect.stringContaining('online_store-reserve_stock'),
        expect.stringContaining('delivered 1 time, with worker1'),
      ]),
    );
  });

  it('has colours, and none with NO_COLOR or where the terminal is dumb', async () => {
    const args = ['inspect', '--config', config, '--format', 'human'];
    const { code, stdout } = await lightbusOnTerminal(args, 80);
    expect(code).toBe(0);
    expect(stdout).toContain(`${ESCAPE}[1mMetadata:${ESCAPE}[22m`);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const plain = await lightbusOnTerminal(args, 80, env);
      expect(plain.stdout).toContain('Metadata:');
      expect(plain.stdout).not.toContain(ESCAPE);
    }
  });
});
