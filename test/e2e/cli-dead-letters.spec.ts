import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, Listeners, OnEvent, type DeadLetter } from 'nestjs-lightbus';
import { owned } from '../support/owned.js';
import { sharedRedis, startRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';
import { CliProcess, configFor, LAUNCHER, lightbus as runLightbus } from './cli-process.js';
import { HAS_TERMINAL, lightbusOnTerminal } from './terminal.js';

const API = uniqueName('letters');

@Event(`${API}.charged`)
class Charged {
  @IsInt() n!: number;
}

@Injectable()
class Charging {
  static broken = true;
  static readonly handled: number[] = [];

  @OnEvent(Charged, { listenerName: 'charge', onError: 'dead_letter', maxAttempts: 1 })
  charge({ n }: Charged) {
    if (Charging.broken && n < 3) throw new Error(`no charge for ${n}`);
    Charging.handled.push(n);
  }
}

describe('lightbus deadletters', () => {
  const service = uniqueName('service');
  let url: string;
  let config: string;

  beforeAll(async () => {
    ({ url } = await sharedRedis());
    const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-cli-'));
    owned().addDirectory(dir);
    config = join(dir, 'lightbus.json');
    const api = { event_transport: { redis: { url, reclaim_interval: 0.2 } } };
    writeFileSync(config, JSON.stringify({ service_name: service, apis: { default: api } }));
  });

  function lightbus(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const all = ['lib/cli/lightbus.js', 'deadletters', ...args, '--config', config];
    const env = { ...process.env, NODE_OPTIONS: '' };
    return new Promise((resolve) => {
      execFile(process.execPath, all, { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  async function list(): Promise<DeadLetter[]> {
    const { stdout } = await lightbus('list', 'charge');
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as DeadLetter);
  }

  async function all(letters: AsyncIterable<DeadLetter>): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for await (const letter of letters) found.push(letter);
    return found;
  }

  it('lists, discards and redrives what a listener has given up', async () => {
    const { app, bus, logs } = await startApplication({
      ...{ url, service, providers: [Charging], options: { config } },
      events: [Charged],
    });
    for (const n of [0, 1, 2, 3]) await bus.fire(Charged, { n });
    await waitFor(() => Charging.handled.includes(3));

    const letters = await list();
    expect(letters.map(({ reason, message, attempts }) => ({ reason, message, attempts }))).toEqual(
      [0, 1, 2].map((n) => ({ reason: 'failed', message: `no charge for ${n}`, attempts: 1 })),
    );
    expect(letters[0]).toMatchObject({ listener: 'charge', consumer: 'w1' });
    expect(letters[0]?.fields?.slice(8, 10)).toEqual([':n', '0']);

    const misspelt = await lightbus('list', 'chrage');
    expect(misspelt).toMatchObject({ code: 1, stdout: '' });
    expect(misspelt.stderr).toContain(`No stream has the consumer group '${service}-chrage'`);
    const elsewhere = await lightbus('redrive', 'charge', '--service-name=another');
    expect(elsewhere).toMatchObject({ code: 1, stdout: '' });

    const [first] = letters;
    expect((await lightbus('discard', 'charge', first!.id)).stdout).toBe('discarded: 1\n');
    const again = await lightbus('discard', 'charge', first!.id);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/Only 0 of 1 dead letters were discarded/);

    Charging.broken = false;
    // The very line that the log gives, in a shell.
    const line = logs.find((one) => /^error .*no charge for 1\./.test(one));
    const command = /To have it handled again: (.*npx lightbus .+)$/.exec(line ?? '')?.[1] ?? '';
    const pasted = await promisify(execFile)('sh', ['-c', command], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(pasted).toMatchObject({
      stdout: 'redriven: 1\n',
      stderr: expect.stringMatching(
        /^info: They are handled now, before newer events, by 'w1' \(process \d+ on .*\)\.\n$/,
      ),
    });
    await waitFor(() => Charging.handled.includes(1));
    expect((await lightbus('redrive', 'charge')).stdout).toBe('redriven: 1\n');
    await waitFor(() => Charging.handled.length === 3);
    expect(Charging.handled).toEqual([3, 1, 2]);
    expect(await list()).toEqual([]);
    expect((await lightbus('redrive', 'charge')).stdout).toBe('redriven: 0\n');
    expect(await all(app.get(Listeners).deadLetters('charge'))).toEqual([]);
  }, 60_000);
});

describe('lightbus deadletters, of thousands', () => {
  const STREAM = 'store.orders.*:stream';
  const KEY = `lightbus:dead_letters:{${STREAM}}:store-charge`;
  const COUNT = 3_000;

  async function giveUp(size: number) {
    const server = await startRedis();
    const raw = server.client();
    await raw.xgroup('CREATE', STREAM, 'store-charge', '0', 'MKSTREAM');
    const report = {
      ...{ listener: 'charge', reason: 'failed', message: 'no', attempts: 1, stream: STREAM },
      ...{ group: 'store-charge', consumer: 'w1', time: new Date().toISOString() },
    };
    const pipeline = raw.pipeline();
    for (let n = 1; n <= COUNT; n++) {
      pipeline.xadd(STREAM, `${n}-0`, 'id', 'x');
      const json = JSON.stringify({ ...report, nativeId: `${n}-0` });
      pipeline.xadd(KEY, `${n}-1`, 'dead_letter', json, ':text', `"${'x'.repeat(size)}"`);
    }
    for (const foreign of ['null', '{}', '{"__proto__": null}']) {
      pipeline.xadd(KEY, '*', 'dead_letter', foreign);
    }
    await pipeline.exec();
    await raw.xgroup('SETID', STREAM, 'store-charge', '$');
    const options = ['--service-name', 'store', '--config', configFor(server.url)];
    return { raw, args: (...args: string[]) => ['deadletters', ...args, ...options] };
  }

  it('ends at once when its reader has gone', async () => {
    const { raw, args } = await giveUp(10_000);
    await raw.config('RESETSTAT');
    const command = `node ${LAUNCHER} ${args('list', 'charge').join(' ')} | head -1; echo \${PIPESTATUS[0]}`;
    const child = new CliProcess(['-c', command], { program: ['bash', '--noprofile'] });
    const { stdout, stderr } = await child.result;
    const [letter = '', exitCode] = stdout.split('\n');
    expect(JSON.parse(letter)).toMatchObject({ id: '1-1', nativeId: '1-0', attempts: 1 });
    expect({ exitCode, stderr }).toEqual({ exitCode: '0', stderr: '' });
    const [, bytes] = /total_net_output_bytes:(\d+)/.exec(await raw.info('stats')) ?? [];
    // Of 30 MB: what a pipe holds, and the pages that were under way.
    expect(Number(bytes)).toBeLessThan(5_000_000);
  }, 60_000);

  it('lists from a letter on, so many, and says what is no letter', async () => {
    const { args } = await giveUp(10);
    const some = await runLightbus(args('list', 'charge', '--after', '2-1', '--limit', '2'));
    const idsOf = (lines: string) =>
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as DeadLetter).id);
    expect(idsOf(some.stdout)).toEqual(['3-1', '4-1']);
    const all = await runLightbus(args('list', 'charge'));
    expect(idsOf(all.stdout)).toHaveLength(COUNT + 3);
    expect(all.stdout.match(/"reason":"foreign"/g)).toHaveLength(3);
    expect(all).toMatchObject({ code: 0 });
    expect(all.stderr).toMatch(/^warning: .* has 3 entries that this listener did not put there/);
    const wrong = await runLightbus(args('list', 'charge', '--after', '\u001b[2J'));
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain("error: '\\u001b[2J' is no id of a dead letter");
  }, 60_000);

  it('shows people a page at a time, and counts by errors, within 80 columns', async () => {
    const { args } = await giveUp(1_000);
    const human = (...more: string[]) =>
      runLightbus(args('list', 'charge', '--format=human', ...more));
    const { stdout } = await human('--limit', '2', '--after', '1-1');
    expect(stdout.split('\n')).toEqual([
      '2-1',
      expect.stringMatching(/^ {2}given up \d{4}-\S+Z \(\d+ m?s ago\)$/),
      '  failed, 1 attempt, by w1',
      `  entry 2-0 on ${STREAM}`,
      '  ! no',
      expect.stringMatching(/^ {4}:text: "\\"x{60,}…$/),
      ...['', '3-1'],
      ...Array.from({ length: 5 }, () => expect.any(String)),
      ...['', 'There are more: add --after 3-1; or count them by their errors: --by error', ''],
    ]);
    const grouped = await human('--by', 'error');
    expect(grouped.stdout).toMatch(/^3000 {2}failed: no\n {2}error [0-9a-f]{12}\n {2}first /);
    expect(grouped.stdout).toMatch(/\n\n3 {2}foreign: Somebody else/);
    for (const line of (stdout + grouped.stdout).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80);

    const lines = await runLightbus(args('list', 'charge', '--by', 'error', '--limit', '1'));
    const group = JSON.parse(lines.stdout) as { id: string };
    expect(group).toMatchObject({ reason: 'failed', count: 3000, isAtLeast: false });
    expect((await human('--error', group.id, '--after', '3000-1')).stdout).toBe(
      "None of 3 dead letters of 'charge' after 3000-1 is of that error or event.\n",
    );
    expect((await human('--after', '9999999999999999-0')).stdout).toBe(
      "There are no dead letters of 'charge' after 9999999999999999-0.\n",
    );
  }, 60_000);

  it('discards those of an error, once that is confirmed', async () => {
    const { raw, args } = await giveUp(10);
    const lines = await runLightbus(args('list', 'charge', '--by', 'error', '--limit', '1'));
    const { id } = JSON.parse(lines.stdout) as { id: string };
    const discard = args('discard', 'charge', '--error', id);
    const unasked = await runLightbus(discard);
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('Discard 3000 dead letters for good?');
    if (HAS_TERMINAL) {
      const denied = await lightbusOnTerminal(discard, 80, {}, 'n\r');
      expect(denied).toMatchObject({ code: 0 });
      expect(denied.stdout).toMatch(/Discard 3000 dead letters for good\?[^]*discarded: 0/);
      expect(await raw.xlen(KEY)).toBe(COUNT + 3);
      const { stdout } = await lightbusOnTerminal(discard, 80, {}, 'y\r');
      expect(stdout).toMatch(/discarded: 3000/);
    } else {
      expect(await runLightbus([...discard, '--yes'])).toMatchObject({ code: 0 });
    }
    expect(await raw.xlen(KEY)).toBe(3);
  }, 60_000);

  it('redrives all, oldest first, whatever else is there', async () => {
    const { raw, args } = await giveUp(10);
    const { code, stdout, stderr } = await runLightbus(args('redrive', 'charge'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `redriven: ${COUNT}\n` });
    expect(stderr).toMatch(/info: They are handled when a worker of this listener starts: none /);
    expect(await raw.xlen(KEY)).toBe(3);
    const [pending, first, last] = await raw.xpending(STREAM, 'store-charge');
    expect([pending, first, last]).toEqual([COUNT, '1-0', `${COUNT}-0`]);
  }, 60_000);
});
