import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, Listeners, OnEvent, type DeadLetter } from 'nestjs-lightbus';
import { owned } from '../support/owned.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';

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
    const api = { event_transport: { redis: { url } } };
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

  it('lists, discards and redrives what a listener has given up', async () => {
    const redis = { reclaim_interval: 0.2 };
    const providers = [Charging];
    const { app, bus } = await startApplication({
      ...{ url, service, providers, redis },
      events: [Charged],
    });
    for (const n of [0, 1, 2, 3]) await bus.fire(Charged, { n });
    await waitFor(() => Charging.handled.includes(3));

    const letters = await list();
    expect(letters.map(({ reason, message, attempts }) => ({ reason, message, attempts }))).toEqual(
      [0, 1, 2].map((n) => ({ reason: 'failed', message: `no charge for ${n}`, attempts: 1 })),
    );
    expect(letters[0]).toMatchObject({ listener: 'charge', consumer: 'w1' });
    expect(letters[0]?.fields?.slice(-2)).toEqual([':n', '0']);

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
    expect((await lightbus('redrive', 'charge')).stdout).toBe('redriven: 2\n');
    await waitFor(() => Charging.handled.length === 3);
    expect(Charging.handled).toEqual([3, 1, 2]);
    expect(await list()).toEqual([]);
    expect((await lightbus('redrive', 'charge')).stdout).toBe('redriven: 0\n');
    expect(await app.get(Listeners).deadLetters('charge')).toEqual([]);
  }, 60_000);
});
