import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, EventBus, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';
import { configFor, lightbus } from './cli-process.js';

@Event('trace.orders.placed')
class Placed {
  @Allow() n!: number;
}

@Event('trace.stock.reserved')
class Reserved {
  @Allow() n!: number;
}

@Event('trace.mail.sent')
class Sent {
  @Allow() n!: number;
}

@Injectable()
class Process {
  readonly sent: EventMessage<Sent>[] = [];

  constructor(private readonly bus: EventBus) {}

  @OnEvent(Placed, { listenerName: 'reserve' })
  async reserve({ n }: Placed): Promise<void> {
    await this.bus.fire(Reserved, { n });
  }

  @OnEvent(Reserved, { listenerName: 'mail' })
  async mail({ n }: Reserved): Promise<void> {
    this.sent.push(await this.bus.fire(Sent, { n }));
  }
}

describe('lightbus inspect, of events with headers', () => {
  let redis: RedisServer;
  let config: string;
  let placed: EventMessage<Placed>[];
  let sent: EventMessage<Sent>[];

  async function inspect(...args: string[]) {
    const { stdout, code, stderr } = await lightbus(['inspect', '--config', config, ...args]);
    const lines = stdout.split('\n').filter(Boolean);
    return { lines, code, stderr };
  }

  const recordsOf = (lines: readonly string[]) =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    redis = await startRedis();
    config = configFor(redis.url);
    const { app, bus, close } = await startApplication({
      ...{ url: redis.url, service: 'trace', redis: { stream_use: 'per_event' } },
      ...{ events: [Placed, Reserved, Sent], providers: [Process] },
    });
    const first = await bus.fire(Placed, { n: 1 });
    const options = { correlationId: 'order-2', headers: { tenant: 'acme' } };
    placed = [first, await bus.fire(Placed, { n: 2 }, options)];
    ({ sent } = app.get(Process));
    await waitFor(() => sent.length === 2);
    await close();
  });

  it('prints what the sender said of them, and finds them by it', async () => {
    const { lines } = await inspect('--correlation-id', 'order-2');
    const records = recordsOf(lines);
    const names = records.map((record) => record.event_name);
    expect(names).toEqual(['placed', 'reserved', 'sent']);
    expect(records[0]).toMatchObject({
      ...{ id: placed[1]?.id, correlation_id: 'order-2', headers: { tenant: 'acme' } },
      ...{ fired_at: placed[1]?.firedAt?.toISOString(), payload: { n: 2 } },
    });
    expect(records[0]).not.toHaveProperty('causation_id');
    expect(records[2]).toMatchObject({ causation_id: records[1]?.id, correlation_id: 'order-2' });
    const { lines: shown } = await inspect(
      '--correlation-id',
      'order-2',
      '-F',
      'human',
      '--limit',
      '1',
    );
    expect(shown).toEqual(
      expect.arrayContaining([
        '    correlation_id      : order-2',
        '    headers             : {"tenant":"acme"}',
      ]),
    );
  });

  it.each(['the first', 'the last', 'its correlation id'])(
    'prints what has caused what, on all streams, by %s',
    async (which) => {
      const id = { 'the first': placed[1]?.id, 'the last': sent.at(-1)?.id }[which] ?? 'order-2';
      const wanted = sent.find(({ payload }) => payload.n === 2)?.id ?? '';
      const { lines, code, stderr } = await inspect('--trace', which === 'the last' ? wanted : id);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const line = (name: string, stream: string) =>
        expect.stringMatching(
          new RegExp(
            `^ *(└─ )?trace\\.${name} {2}\\S{36} {2}\\d+-\\d+ {2}\\S+Z {2}trace\\.${stream}:stream$`,
          ),
        );
      expect(lines).toEqual([
        line('orders.placed', 'orders.placed'),
        line('stock.reserved', 'stock.reserved'),
        line('mail.sent', 'mail.sent'),
      ]);
      expect(lines.map((one) => one.indexOf('trace.'))).toEqual([0, 3, 6]);
    },
  );

  it('prints the same as lines of JSON', async () => {
    const { lines } = await inspect('--trace', placed[0]?.id ?? '', '--format', 'json');
    const records = recordsOf(lines);
    expect(records.map(({ depth, api_name }) => [depth, api_name])).toEqual([
      [0, 'trace.orders'],
      [1, 'trace.stock'],
      [2, 'trace.mail'],
    ]);
    expect(records[1]).toMatchObject({
      correlation_id: placed[0]?.id,
      causation_id: placed[0]?.id,
    });
  });

  it('begins where a cause is gone, and says when there is nothing', async () => {
    await redis.client().del('trace.orders.placed:stream');
    const { lines } = await inspect('--trace', 'order-2');
    expect(lines[0]).toMatch(/^trace\.stock\.reserved .*\(caused by \S+, which is not on the bus/);
    expect(lines).toHaveLength(2);
    const { lines: none, stderr, code } = await inspect('--trace', 'nothing');
    expect(none).toEqual([]);
    expect(stderr).toContain("No event has 'nothing' as its id, correlation id or cause.");
    expect(code).toBe(0);
  });

  it('refuses conditions beside a trace', async () => {
    const { code, stderr } = await inspect('--trace', 'x', '--api', 'trace.*');
    expect(code).not.toBe(0);
    expect(stderr).toContain('--trace');
  });
});
