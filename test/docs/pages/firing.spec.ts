import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Post, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConcurrencyError, EventBus, LightbusModule, type FireRetry } from 'nestjs-lightbus';
import { owned } from '../../support/owned.js';
import { loadFireUntilStored } from '../fire-until-stored.js';
import { startTesting, type Testing } from '../harness/testing.js';
import { page } from './firing.js';

interface Firing {
  fire(bus: EventBus, orderId: string, quantity: number): Promise<void>;
  fireTwice(bus: EventBus, orderId: string, quantity: number, request: object): Promise<void>;
}

describe('docs/firing.md', () => {
  let OrderPlaced: Type<object>;
  let firing: Firing;
  let testing: Testing;
  let bus: EventBus;
  beforeAll(async () => {
    ({ OrderPlaced } = await page.load<{ OrderPlaced: Type<object> }>('order-placed.ts'));
    firing = await page.load('firing.ts');
    testing = await startTesting({ imports: [LightbusModule.forFeature([OrderPlaced])] });
    bus = testing.module.get(EventBus);
  });
  afterAll(() => testing.close());

  it('fires events one by one, and together', async () => {
    await firing.fire(bus, 'o1', 7);
    const quantities = testing.recorder.fired().map(({ payload }) => payload);
    expect(quantities).toMatchObject([7, 7, 1, 2, 3].map((quantity) => ({ quantity })));
  });

  it('stores once what is fired twice under an id', async () => {
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await firing.fireTwice(bus, 'o1', 7, { id: 'request-1' });
    const told = /\/\/ (.*)\n$/.exec(page.code('ts', 'again.duplicate'))?.[1];
    expect(printed.mock.calls.map((words) => words.join(' '))).toContain(told);
    printed.mockRestore();
  });

  // What it does in each case is tested in test/e2e/fire-retry.spec.ts.
  it('fires until it is stored, and knows every value of retry', async () => {
    const fireUntilStored = await loadFireUntilStored();
    const event = Object.assign(new OrderPlaced(), { orderId: 'o1', quantity: 1 });
    await expect(fireUntilStored(bus, [event])).resolves.toHaveLength(1);
    const all: Record<FireRetry, true> = { again: true, with_ids: true, never: true };
    const code = page.code('ts', 'switch (error.retry)');
    const cases = [...code.matchAll(/case '(\w+)':/g)].map(([, value]) => value);
    expect(cases).toEqual(Object.keys(all));
  });

  it('answers an invalid event with 400, and one that others were faster with by 409', async () => {
    const { HttpErrorsModule } = await page.load<{ HttpErrorsModule: Type<object> }>(
      'http-errors.module.ts',
    );
    @Controller()
    class Orders {
      @Post('invalid') invalid() {
        return bus.fire(OrderPlaced, { orderId: 'o1', quantity: 0 });
      }
      @Post('conflict') conflict() {
        throw new ConcurrencyError('It has changed.', { key: 'o1', expected: 0, actual: 1 });
      }
    }
    const module = await Test.createTestingModule({
      imports: [HttpErrorsModule],
      controllers: [Orders],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    owned().onEnd(() => app.close());
    await app.listen(0, '127.0.0.1');
    const answers = ['invalid', 'conflict'].map(async (path) => {
      const response = await fetch(`${await app.getUrl()}/${path}`, { method: 'POST' });
      return (await response.json()) as object;
    });
    await expect(Promise.all(answers)).resolves.toEqual([
      expect.objectContaining({
        ...{ statusCode: 400, message: ['quantity must not be less than 1'] },
        properties: [{ path: 'quantity', constraints: expect.any(Object) }],
      }),
      expect.objectContaining({ statusCode: 409 }),
    ]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
