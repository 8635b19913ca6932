import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import {
  Aggregate,
  Aggregates,
  Apply,
  Event,
  EventBus,
  EventValidationError,
  LightbusModule,
  OnEvent,
  Project,
  UnknownEventError,
} from 'nestjs-lightbus';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
import { owned } from '../../support/owned.js';

@Event('given.added', { key: 'cart' })
class Added {
  @IsString() cart!: string;
  @IsInt() n!: number;
}

@Event('given.unregistered', { key: 'cart' })
class Unregistered {
  @IsString() cart!: string;
}

@Aggregate({ events: [Added] })
class Cart {
  sum = 0;
  @Apply(Added) added({ n }: Added): void {
    this.sum += n;
  }
  add(cart: string, n: number): Added {
    return added(n, cart);
  }
}

const added = (n: number, cart = 'c1') => Object.assign(new Added(), { cart, n });

@Injectable()
class Carts {
  readonly handled: number[] = [];
  @OnEvent(Added, { listenerName: 'carts' })
  handle({ n }: Added): void {
    this.handled.push(n);
  }
}

@Injectable()
class Sums {
  sum = 0;
  @Project(Added)
  async added({ n }: Added): Promise<void> {
    if (n === 666) throw new Error('evil');
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.sum += n;
  }
}

async function start(init = true) {
  const module = await Test.createTestingModule({
    imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([Added])],
    providers: [Carts, Sums],
  }).compile();
  owned().onEnd(() => module.close());
  if (init) await module.init();
  const [recorder, bus] = [module.get(EventRecorder), module.get(EventBus)];
  const history = async () => {
    const seen: number[] = [];
    for await (const { payload } of bus.history(Added)) seen.push(payload.n);
    return seen;
  };
  return {
    module,
    recorder,
    bus,
    history,
    carts: module.get(Carts),
    sums: module.get(Sums),
    aggregates: module.get(Aggregates),
  };
}

describe('EventRecorder.given', () => {
  it.each([
    ['before', false],
    ['after', true],
  ])('puts a past in place %s init: seen by all but listeners', async (_, isStarted) => {
    const { module, recorder, bus, history, carts, aggregates } = await start(isStarted);
    recorder.allowOnly();
    const messages = await recorder.given([added(1), added(2)]);
    expect(messages).toMatchObject([{ payload: { n: 1 }, key: 'c1' }, { payload: { n: 2 } }]);
    if (!isStarted) await module.init();
    expect(recorder.fired()).toEqual([]);
    expect(recorder.refused()).toEqual([]);
    expect(await history()).toEqual([1, 2]);
    expect(await aggregates.load(Cart, 'c1')).toMatchObject({ version: 2, state: { sum: 3 } });
    await recorder.whenHandled();
    recorder.reset();
    await bus.fire(added(3));
    await recorder.given([added(4)]);
    await bus.fire(added(5));
    await recorder.whenHandled();
    expect(carts.handled).toEqual([3, 5]);
    expect(recorder.fired(Added).map(({ payload }) => payload.n)).toEqual([3, 5]);
    expect(await history()).toEqual([1, 2, 3, 4, 5]);
  });

  it('resolves when projections have it, as whenHandled does for what is fired', async () => {
    const { recorder, bus, sums } = await start();
    await recorder.given([added(1), added(2)]);
    expect(sums.sum).toBe(3);
    await bus.fire(added(4));
    recorder.reset();
    await recorder.whenHandled();
    expect(sums.sum).toBe(7);
    await bus.fire(added(5), { id: 'again' });
    await bus.fire(added(6));
    await bus.fire(added(5), { id: 'again' });
    await recorder.whenHandled();
    expect(sums.sum).toBe(18);
  });

  it('says which projection is not done, and at once which has stopped', async () => {
    const { module, recorder, bus, sums } = await start();
    await bus.fire(added(1));
    const early = recorder.whenHandled({ timeoutMs: 0 });
    await expect(early).rejects.toThrow('the projection Sums is behind');
    module.useLogger(false);
    await bus.fire(added(666));
    await expect(recorder.whenHandled()).rejects.toThrow(/Sums is fed no more.*evil/);
    await expect(recorder.given([added(2)])).rejects.toThrow(/Sums is fed no more.*evil/);
    expect(sums.sum).toBe(1);
  });

  it('refuses what fire refuses', async () => {
    const { recorder, history } = await start();
    const other = Object.assign(new Unregistered(), { cart: 'c1' });
    await expect(recorder.given([other])).rejects.toThrow(UnknownEventError);
    const plain = recorder.given([{ cart: 'c1', n: 1 }]);
    await expect(plain).rejects.toThrow(/A plain object is no event.*Give an instance/);
    await expect(recorder.given([added(0.5)])).rejects.toThrow(EventValidationError);
    const one = recorder.given(added(1) as unknown as object[]);
    await expect(one).rejects.toThrow(/given takes a list of events: recorder\.given\(\[event\]\)/);
    expect(await recorder.given([])).toEqual([]);
    expect(await history()).toEqual([]);
  });

  it('goes with what a change of an aggregate fires, which is recorded', async () => {
    const { recorder, aggregates, carts } = await start();
    await recorder.given([added(1)]);
    const { messages } = await aggregates.change(Cart, 'c1', (cart) =>
      cart.add('c1', cart.sum + 1),
    );
    expect(messages).toMatchObject([{ sequence: 2 }]);
    recorder.assertFired(Added, { times: 1, payload: { n: 2 } });
    await recorder.whenHandled();
    expect(carts.handled).toEqual([2]);
    recorder.reset();
    recorder.allowOnly('given.other');
    await expect(aggregates.change(Cart, 'c1', () => added(1))).rejects.toThrow(/was fired, but/);
  });
});
