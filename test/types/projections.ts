import { expectTypeOf } from 'expect-type';
import {
  defineAggregate,
  Event,
  type Aggregates,
  type EventBus,
  type EventMessage,
  type Projections,
  type ProjectionState,
} from 'nestjs-lightbus';
import type { EventRecorder } from 'nestjs-lightbus/testing';

@Event('types.paid', { key: 'orderId', version: 2, upcasters: { 1: (parameters) => parameters } })
export class Paid {
  readonly orderId!: string;
  readonly cents!: number;
}

@Event('types.refunded', { key: 'orderId' })
export class Refunded {
  readonly orderId!: string;
  readonly reason!: string;
}

export abstract class Totals {
  abstract total: number;
}

export const account = defineAggregate({
  events: [Paid, Refunded],
  initial: () => ({ cents: 0 }),
  evolve: (state, event) => (event instanceof Paid ? { cents: state.cents + event.cents } : state),
});

class Orders {
  readonly seen: string[] = [];
}

export async function projections(all: Projections, bus: EventBus): Promise<void> {
  await all.ready;
  const message = await bus.fire(Paid, { orderId: 'o1', cents: 1 });
  await all.waitFor(Orders, message);
  await all.waitFor(Orders, message.nativeId, { timeoutMs: 100 });
  await all.waitFor(Orders, (await bus.fireAll([new Paid()]))[0]!);
  expectTypeOf(all.state(Orders)).toEqualTypeOf<ProjectionState>();
  // @ts-expect-error -- which event?
  void all.waitFor(Orders);
  // @ts-expect-error -- no message
  void all.waitFor(Orders, { nativeId: '1-0' });
}

export async function narrowed(bus: EventBus): Promise<void> {
  const since = new Date();
  const { signal } = new AbortController();
  for await (const message of bus.history([Paid, Refunded], {
    key: 'o1',
    since,
    until: 'end',
    signal,
  })) {
    expectTypeOf(message).toExtend<EventMessage<Paid | Refunded>>();
    const event = message.payload;
    if (event instanceof Refunded) expectTypeOf(event.reason).toBeString();
    else expectTypeOf(event.cents).toBeNumber();
    expectTypeOf(message.sequence).toEqualTypeOf<number | undefined>();
    expectTypeOf(message.storedVersion).toBeNumber();
  }
  const selectors = [Paid, Refunded] as const;
  for await (const { payload } of bus.history(selectors, {
    after: '1-0',
    order: 'desc',
    limit: 1,
  })) {
    expectTypeOf(payload).toEqualTypeOf<Paid | Refunded>();
  }
  const list = [Paid, Refunded];
  for await (const { payload } of bus.history(list))
    expectTypeOf(payload).toEqualTypeOf<Paid | Refunded>();
}

export async function past(recorder: EventRecorder, aggregates: Aggregates): Promise<void> {
  const [first] = await recorder.given([new Paid(), new Refunded()]);
  expectTypeOf(first).toEqualTypeOf<EventMessage<object> | undefined>();
  await recorder.whenHandled();
  const { state, version } = await aggregates.load(account, 'o1');
  expectTypeOf(state).toEqualTypeOf<{ cents: number }>();
  expectTypeOf(version).toBeNumber();
  // @ts-expect-error -- events, in a list
  void recorder.given(new Paid());
}
