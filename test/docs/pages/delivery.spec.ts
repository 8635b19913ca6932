import { describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Listeners, type DeadLetter } from 'nestjs-lightbus';
import { startApplication } from '../../e2e/application.js';
import { configFor } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
import { withoutVariableParts } from '../harness/printed.js';
import { page } from './delivery.js';

interface Payments {
  readonly charged: string[];
  isDown: boolean;
}

describe('docs/delivery.md', () => {
  it('sets aside what fails, and hands it out again, by command and in code', async () => {
    const { OrderPlaced } = await page.load<{ OrderPlaced: Type<object> }>('orders.ts');
    const { Payments } = await page.load<{ Payments: Type<Payments> }>('payments.ts');
    const { Charging } = await page.load<{ Charging: Type<object> }>('charging.ts');
    const { operate } = await page.load<{
      operate(listeners: Listeners, ids: readonly string[]): Promise<void>;
    }>('dead-letters.ts');
    const redis = await startRedis();
    const { app, bus, logs } = await startApplication({
      ...{ url: redis.url, service: 'store' },
      ...{ events: [OrderPlaced], providers: [Payments, Charging] },
      // The page's hour is too long for a test.
      options: { listeners: { charge: { maxAttempts: 1 } } },
    });
    const listeners = app.get(Listeners);
    const payments = app.get<Payments>(Payments);
    for (const orderId of ['o1', 'o2']) await bus.fire(OrderPlaced, { orderId, quantity: 1 });

    const env = { LIGHTBUS_CONFIG: configFor(redis.url) };
    const commands = commandsIn(page.code('sh', 'deadletters redrive'));
    const [list = [], byError = [], redriveAll = [], redriveOne = [], discard = []] = commands;
    const named = (id: string) => (word: string) => (/^\d+-\d+$/.test(word) ? id : word);
    let letters: DeadLetter[] = [];
    await waitFor(async () => {
      const { stdout } = await runLightbus(list, { env });
      letters = stdout
        .split('\n')
        .flatMap((line) => (line ? [JSON.parse(line) as DeadLetter] : []));
      return letters.length === 2;
    });
    const [first, second] = letters;
    const grouped = await runLightbus(byError, { env });
    expect(JSON.parse(grouped.stdout)).toMatchObject({ count: 2 });
    const shown = withoutVariableParts(page.code('text', 'redrive charge')).split('\n');
    // There it has been tried for an hour, in an application of one's own.
    const told = logs
      .filter((line) => line.startsWith('error'))
      .join('\n')
      .replaceAll('attempt 1 ', 'attempt 187 ')
      .replaceAll('(TestModule)', '(AppModule)');
    expect(shown).toHaveLength(1);
    expect(withoutVariableParts(told)).toContain(shown[0]);

    const discarded = discard.map(named(first?.id ?? ''));
    await expect(runLightbus(discarded, { env })).resolves.toMatchObject({ code: 0 });
    payments.isDown = false;
    const redriven = redriveOne.map(named(second?.id ?? ''));
    const redriving = await runLightbus(redriven, { env });
    expect(redriving).toMatchObject({ code: 0, stdout: 'redriven: 1\n' });
    const [count, outlook = ''] = page.code('text', 'redriven: 2').split('\n');
    expect(count).toBe('redriven: 2');
    const said = "handled now, before newer events, by '";
    expect([outlook, redriving.stderr]).toEqual([
      expect.stringContaining(said),
      expect.stringContaining(said),
    ]);
    await waitFor(() => payments.charged.length > 0);
    expect(payments.charged).toEqual(['o2']);
    expect(redriveAll).toEqual(redriveOne.filter((word) => !/^\d+-\d+$/.test(word)));

    payments.isDown = true;
    await bus.fire(OrderPlaced, { orderId: 'o3', quantity: 1 });
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await waitFor(async () => {
      payments.isDown = true;
      for await (const { fields } of listeners.deadLetters('charge')) return fields !== null;
      return false;
    });
    payments.isDown = false;
    await operate(listeners, ['1-1']);
    await waitFor(() => payments.charged.includes('o3'));
    expect(printed.mock.calls).toContainEqual([
      expect.any(String),
      expect.stringContaining('The bank is away.'),
      1,
      expect.any(Date),
    ]);
    printed.mockRestore();
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
