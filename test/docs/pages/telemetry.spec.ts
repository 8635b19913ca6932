import { beforeAll, describe, expect, it } from '@jest/globals';
import { LIGHTBUS_CHANNELS } from 'nestjs-lightbus';
import { telemetrySettings } from '../../../lib/telemetry/telemetry-options.js';
import { CliProcess } from '../../e2e/cli-process.js';
import { freePort, startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn, unknownPackages } from '../harness/commands.js';
import { page } from './telemetry.js';

/** The cells of the rows of the table below a heading, without the marks of code. */
function rows(heading: string): string[][] {
  const [, section = ''] = page.text.split(`\n## ${heading}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section.split('\n## ')[0] ?? '') ?? [];
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.replaceAll('`', '').trim()));
}

describe('docs/telemetry.md', () => {
  let worker: CliProcess;
  let metrics: string;

  beforeAll(async () => {
    const [redis, port, app] = await Promise.all([startRedis(), freePort(), page.program()]);
    const env = {
      LIGHTBUS_REDIS_URL: redis.url,
      LIGHTBUS_MODULE: 'worker.module.js',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    };
    worker = new CliProcess(['run', '--process-name=worker1'], { cwd: app.dir, env });
    for (const listener of ['reserve_stock', 'charge'])
      await worker.whenPrinted(`${listener} store.orders.placed handled`);
    await waitFor(() => attempts().length === 6);
    const [, url = ''] = /\/\/ (http\S+)/.exec(page.code('ts', 'new PrometheusExporter')) ?? [];
    const address = new URL(url);
    address.port = String(port);
    const collect = async () => (metrics = await (await fetch(address)).text());
    // Acknowledged within a moment: then all that is to be told has happened.
    await waitFor(async () =>
      /^lightbus_listener_pending\{.*"charge".*\} 0$/m.test(await collect()),
    );
    await worker.end('SIGTERM');
  }, 60_000);

  function attempts(): string[] {
    return worker.stdout.split('\n').filter((line) => / (handled|failed)$/.test(line));
  }

  it('has the metrics of its table, written by the exporter of its SDK', () => {
    const types = new Map(
      [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]),
    );
    const table = rows('Metrics').map(([name = '', instrument = '']) => {
      const [type = ''] = instrument.split(',');
      const written = name.replaceAll('.', '_');
      return [type === 'counter' ? `${written}_total` : written, type];
    });
    const told = [...types].filter(([name]) => /^(messaging|lightbus)_/.test(name ?? ''));
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(told));
  });

  it('has the spans of its table, and the attributes that it names', () => {
    const names = [...worker.stdout.matchAll(/^ {2}name: '(\w+) store\.orders\.\*:stream',$/gm)];
    const told = new Set(names.map(([, name]) => `${name} <stream>`));
    expect(
      rows('Spans')
        .slice(0, 4)
        .map(([name]) => name),
    ).toEqual(expect.arrayContaining([...told]));
    expect(told.size).toBe(4);
    const named = page.text.match(/`(lightbus|messaging|error)\.[\w.]+`/g) ?? [];
    const attributes = named.map((name) => name.slice(1, -1));
    const measured = rows('Metrics').map(([name]) => name);
    // Set aside for `messageSizes`, and for what is said of all.
    const others = ['messaging.message.envelope.size', 'messaging.message.conversation_id'];
    for (const attribute of attributes) {
      if ([...measured, ...others].includes(attribute)) continue;
      expect(worker.stdout).toContain(`'${attribute}':`);
    }
  });

  it('prints each attempt by the channel, as its sample does', () => {
    expect(attempts().sort()).toEqual([
      ...Array.from({ length: 3 }, () => 'charge store.orders.placed handled'),
      'reserve_stock store.orders.placed failed',
      ...Array.from({ length: 2 }, () => 'reserve_stock store.orders.placed handled'),
    ]);
  });

  it('names each option with its default, and each channel', () => {
    const options = Object.keys(telemetrySettings({}));
    const [, after = ''] = page.text.split('| option | default | |\n');
    const [table = ''] = after.split('\n\n');
    const listed = [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].flatMap(
      ([, names = '', value = '']) =>
        names.split(', ').map((name) => [name.slice(1, -1), value.replaceAll('`', '')] as const),
    );
    expect(listed.map(([name]) => name).sort()).toEqual(options.sort());
    for (const [name, value] of listed) {
      const inForce = telemetrySettings({})[name as keyof ReturnType<typeof telemetrySettings>];
      if (inForce !== undefined)
        expect(`${name} ${value}`).toBe(`${name} ${JSON.stringify(inForce)}`);
    }
    expect(rows('Channels').map(([name]) => name)).toEqual(Object.values(LIGHTBUS_CHANNELS));
  });

  it('installs packages that it is tried with', () => {
    for (const part of ['@opentelemetry/api', '@opentelemetry/sdk-trace-base']) {
      const [command = []] = commandsIn(page.code('sh', part));
      expect(unknownPackages(command)).toEqual([]);
    }
  });

  it('has no other code', () => {
    page.files();
    expect(page.untaken()).toEqual([]);
  });
});
