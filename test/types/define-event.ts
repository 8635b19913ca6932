import { type } from 'arktype';
import { expectTypeOf } from 'expect-type';
import {
  Aggregate,
  Apply,
  defineAggregate,
  defineEvent,
  LightbusModule,
  OnEvent,
  Project,
  type Aggregates,
  type EventBus,
  type EventMessage,
  type EventPayload,
} from 'nestjs-lightbus';
import type { EventRecorder } from 'nestjs-lightbus/testing';
import * as v from 'valibot';
import { z } from 'zod';

const Placed = defineEvent(
  'types.defined.placed',
  z.object({ orderId: z.string(), quantity: z.number(), note: z.string().optional() }),
  { version: 2, upcasters: { 1: (old) => ({ ...old, quantity: 1 }) }, key: 'orderId' },
);
const Paid = defineEvent(
  'types.defined.paid',
  v.object({ orderId: v.string(), cents: v.number() }),
  { key: 'orderId' },
);
const Shipped = defineEvent('types.defined.shipped', type({ orderId: 'string', 'by?': 'string' }), {
  key: 'orderId',
});
const Pinged = defineEvent('types.defined.pinged', z.object({}));
const Moved = defineEvent(
  'types.defined.moved',
  z.discriminatedUnion('by', [
    z.object({ by: z.literal('ship'), ship: z.string() }),
    z.object({ by: z.literal('road'), plate: z.string() }),
  ]),
);
type Placed = InstanceType<typeof Placed>;

expectTypeOf<Placed>().toEqualTypeOf<{
  orderId: string;
  quantity: number;
  note?: string | undefined;
}>();
expectTypeOf<EventPayload<Placed>>().toEqualTypeOf<Placed>();
expectTypeOf<InstanceType<typeof Paid>>().toEqualTypeOf<{ orderId: string; cents: number }>();
expectTypeOf<InstanceType<typeof Shipped>>().toEqualTypeOf<{ orderId: string; by?: string }>();

export class Handlers {
  @OnEvent(Placed, { listenerName: 'one' })
  one(event: Placed, message: EventMessage<Placed>): number {
    expectTypeOf(message.payload).toEqualTypeOf<Placed>();
    return event.quantity;
  }

  @OnEvent([Placed, Paid], { listenerName: 'several' })
  several(event: Placed | InstanceType<typeof Paid>): void {
    if (event instanceof Paid) expectTypeOf(event.cents).toBeNumber();
  }

  // @ts-expect-error -- another event
  @OnEvent(Paid, { listenerName: 'wrong' })
  wrong(_event: Placed): void {}

  @Project(Placed)
  project(_event: Placed): void {}
}

@Aggregate({ events: [Placed, Paid] })
export class Order {
  quantity = 0;

  @Apply(Placed)
  place(event: Placed): void {
    this.quantity = event.quantity;
  }

  @Apply(Paid)
  pay(): void {}
}

export const OrderLines = defineAggregate({
  events: [Placed, Shipped],
  initial: () => 0,
  evolve: (count: number, event) => (event instanceof Placed ? count + event.quantity : count),
});

/** Compiles as it stands. */
export async function fired(bus: EventBus): Promise<void> {
  const message = await bus.fire(Placed, { orderId: '1', quantity: 1 });
  expectTypeOf(message).toEqualTypeOf<EventMessage<Placed>>();
  await bus.fire(new Placed({ orderId: '1', quantity: 1, note: 'n' }), { expectedVersion: 0 });
  await bus.fireAll([new Placed({ orderId: '1', quantity: 1 }), new Pinged({})]);
  await bus.fire(Pinged);
  await bus.fire(Moved, { by: 'ship', ship: 's' });
  await bus.fire(Moved, { by: 'road', plate: 'p' });
  for await (const { payload } of bus.history([Placed, Paid])) {
    if (payload instanceof Placed) expectTypeOf(payload.quantity).toBeNumber();
  }
  for await (const one of bus.history(Placed, { key: '1' })) {
    expectTypeOf(one).toEqualTypeOf<EventMessage<Placed>>();
  }
  LightbusModule.forFeature([Placed, Paid, Shipped]);
}

/** Does not compile. */
export async function refused(bus: EventBus): Promise<void> {
  // @ts-expect-error -- a property is missing
  await bus.fire(Placed, { orderId: '1' });
  // @ts-expect-error -- a property of another type
  await bus.fire(Placed, { orderId: 1, quantity: 1 });
  // @ts-expect-error -- there is no such property
  await bus.fire(Placed, { orderId: '1', quantity: 1, colour: 'red' });
  // @ts-expect-error -- the payload is required
  await bus.fire(Placed);
  // @ts-expect-error -- an event without properties has none
  await bus.fire(Pinged, { orderId: '1' });
  // @ts-expect-error -- that is of the other one
  await bus.fire(Moved, { by: 'ship', plate: 'p' });
  // @ts-expect-error -- a property is missing
  new Placed({ orderId: '1' });
  // @ts-expect-error -- the payload is required
  new Placed();
  // @ts-expect-error -- no text and no number
  defineEvent('types.defined.key', z.object({ when: z.boolean() }), { key: 'when' });
  // @ts-expect-error -- it may be missing
  defineEvent('types.defined.key', z.object({ id: z.string().optional() }), { key: 'id' });
  // @ts-expect-error -- no such property
  defineEvent('types.defined.key', z.object({ id: z.string() }), { key: 'no' });
  // @ts-expect-error -- an event is an object
  defineEvent('types.defined.text', z.string());
  // @ts-expect-error -- a class with rules is no schema
  defineEvent('types.defined.text', class {});
}

/** Each of these has a key. */
const Loose = defineEvent('types.defined.loose', z.looseObject({ id: z.string() }), { key: 'id' });
const Caught = defineEvent(
  'types.defined.caught',
  z.object({ id: z.string() }).catchall(z.union([z.boolean(), z.string()])),
  { key: 'id' },
);
const OneOf = defineEvent(
  'types.defined.one_of',
  v.union([v.looseObject({ id: v.string(), a: v.string() }), v.object({ id: v.number() })]),
  { key: 'id' },
);
const Both = defineEvent(
  'types.defined.both',
  z.intersection(z.object({ id: z.string().brand('id') }), z.object({ by: z.enum(['a', 'b']) })),
  { key: 'by' },
);
const Frozen = defineEvent('types.defined.frozen', z.object({ id: z.int() }).readonly(), {
  key: 'id',
});

/** Compiles as it stands. */
export async function keyed(
  bus: EventBus,
  recorder: EventRecorder,
  aggregates: Aggregates,
): Promise<void> {
  await bus.fire(Loose, { id: 'x', other: 1 });
  await bus.fire(Caught, { id: 'x', other: true });
  await bus.fire(OneOf, { id: 1 });
  await bus.fire(Both, { id: 'x' as InstanceType<typeof Both>['id'], by: 'b' });
  await bus.fire(Frozen, { id: 1 }, { expectedVersion: 0 });
  const [frozen] = recorder.fired(Frozen);
  expectTypeOf(frozen!.payload.id).toBeNumber();
  await recorder.given([new Frozen({ id: 1 }), new Loose({ id: 'x' })]);
  const { state } = await aggregates.load(OrderLines, '1');
  expectTypeOf(state).toBeNumber();
  const order = await aggregates.change(Order, '1', () => [
    new Placed({ orderId: '1', quantity: 1 }),
    new Paid({ orderId: '1', cents: 5 }),
  ]);
  expectTypeOf(order.state).toEqualTypeOf<Order>();
}

/** Does not compile. */
export async function unkeyed(bus: EventBus): Promise<void> {
  // @ts-expect-error -- which of the others it is, nobody knows
  defineEvent('types.defined.loose', z.looseObject({ id: z.string() }), { key: 'other' });
  const oneOf = z.union([z.object({ a: z.string() }), z.object({})]);
  // @ts-expect-error -- one of both has none
  defineEvent('types.defined.one', oneOf, { key: 'a' });
  // @ts-expect-error -- another type than the others have
  await bus.fire(Caught, { id: 'x', other: 1 });
  // @ts-expect-error -- an upcaster makes plain parameters
  defineEvent('types.defined.up', z.object({}), { version: 2, upcasters: { 1: () => 1 } });
}
