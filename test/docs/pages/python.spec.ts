import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';
import type { LightbusConfig } from '../../../lib/index.js';
import { startApplication } from '../../e2e/application.js';
import { directoryWith } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { page } from './python.js';

interface OrdersFile {
  readonly OrderPlaced: Type<object>;
  readonly Orders: Type<{ place(orderId: string, quantity: number): Promise<void> }>;
}

const ORDER_ID = '0b6f5c1e-8f2a-4c7e-9d3b-5a1e2f3c4d5e';
const STREAM = 'store.payments.*:stream';

/**
 * Has the names of Lightbus that the page uses, and prints what was fired as JSON, once the listener
 * of `store.orders.placed` was called with the parameters of the command line.
 */
const LIGHTBUS = `
import json, sys

class Parameter:
    def __init__(self, name, type): self.name = name

class Event:
    def __init__(self, parameters): self.names = [parameter.name for parameter in parameters]

class Api: pass

class Path:
    def __init__(self, name, bus): self._name, self._bus = name, bus
    def __getattr__(self, name): return Path(f"{self._name}.{name}".lstrip("."), self._bus)
    def listen(self, handler, listener_name): self._bus.listeners[self._name] = handler
    def fire(self, **parameters):
        api_name, event_name = self._name.rsplit(".", 1)
        assert set(parameters) == set(getattr(self._bus.apis[api_name], event_name).names)
        print(json.dumps({"api_name": api_name, "event_name": event_name, "parameters": parameters}))

class Bus(Path):
    def __init__(self):
        Path.__init__(self, "", self)
        self.client, self.apis, self.listeners, self.starting = self, {}, {}, []
    def register_api(self, api): self.apis[api.Meta.name] = api
    def on_start(self): return self.starting.append

def create(): return Bus()
`;
const START = `
import json, sys, bus
for start in bus.bus.starting: start(bus.bus)
bus.bus.listeners["store.orders.placed"](None, **json.loads(sys.argv[1]))
`;

/** What the page's Python fires when it is given this event. */
function firedByPython(parameters: object): {
  api_name: string;
  event_name: string;
  parameters: Record<string, unknown>;
} {
  const cwd = directoryWith({ 'bus.py': page.code('python'), 'start.py': START });
  mkdirSync(join(cwd, 'lightbus'));
  writeFileSync(join(cwd, 'lightbus/__init__.py'), LIGHTBUS);
  const args = ['start.py', JSON.stringify(parameters)];
  return JSON.parse(execFileSync('python3', args, { cwd, encoding: 'utf8' })) as ReturnType<
    typeof firedByPython
  >;
}

// What it would fire, where there is no Python that could say so.
const PAYMENT = {
  ...{ api_name: 'store.payments', event_name: 'received' },
  parameters: { order_id: ORDER_ID, cents: 2500 },
};
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('docs/python.md', () => {
  it('has a Node service that fires what a Python listener takes, and handles what that fires', async () => {
    const { OrderPlaced, Orders } = await page.load<OrdersFile>('orders.ts');
    const server = await startRedis();
    const redis = server.client();
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { app, close } = await startApplication({
      ...{ url: server.url, service: 'orders', events: [OrderPlaced], providers: [Orders] },
    });
    await app.get(Orders).place(ORDER_ID, 2);
    const [entry] = await redis.xrevrange('store.orders.*:stream', '+', '-');
    const fields = entry?.[1] ?? [];
    const names = fields.filter((_, index) => index % 2 === 0);
    expect(names.slice(0, 6)).toEqual([
      ...['id', 'api_name', 'event_name', 'version', ':order_id', ':quantity'],
    ]);
    const valueOf = (name: string) => JSON.parse(fields[fields.indexOf(name) + 1] ?? '') as unknown;
    const parameters = { order_id: valueOf(':order_id'), quantity: valueOf(':quantity') };

    page.code('python');
    const fired = hasPython ? firedByPython(parameters) : PAYMENT;
    expect(fired).toEqual(PAYMENT);
    // As Python writes it: see test/fixtures/wire.
    await redis.xadd(
      ...[STREAM, '*', 'id', '7d4c5f7e-e6e2-11f1-9494-02fc00000001', 'api_name', fired.api_name],
      ...['event_name', fired.event_name, 'version', '1'],
      ...Object.entries(fired.parameters).flatMap(([name, value]) => [
        `:${name}`,
        JSON.stringify(value),
      ]),
    );
    await waitFor(() => printed.mock.calls.some(([line]) => line === `Paid 2500 for ${ORDER_ID}`));
    printed.mockRestore();
    await close();
  });

  it('has a file that both take', async () => {
    const config: unknown = parse(page.code('yaml'));
    const python = JSON.parse(
      readFileSync('test/fixtures/wire/config-schema.json', 'utf8'),
    ) as object;
    expect(Schema.Check(python, config)).toBe(true);
    const resolved = await resolveConfig({ config: config as LightbusConfig, features: [] }, {});
    expect(resolved.warnings).toEqual([]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
