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
  type EventBus,
  type EventMessage,
  type EventPayload,
} from 'nestjs-lightbus';
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
