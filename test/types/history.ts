import { expectTypeOf } from 'expect-type';
import { Event, Project, type EventBus, type EventMessage } from 'nestjs-lightbus';

@Event('types.placed')
export class Placed {
  readonly orderId!: string;
}

@Event('types.counted')
export class Counted {
  readonly count!: number;
}

export async function history(bus: EventBus): Promise<void> {
  for await (const message of bus.history(Placed)) {
    expectTypeOf(message).toEqualTypeOf<EventMessage<Placed>>();
  }
  for await (const { payload } of bus.history([Placed, Counted], { key: 1, follow: true })) {
    expectTypeOf(payload).toEqualTypeOf<Placed | Counted>();
    if (payload instanceof Placed) expectTypeOf(payload.orderId).toBeString();
    else expectTypeOf(payload.count).toBeNumber();
  }
  for await (const { payload } of bus.history(['types.*', 'other.*'])) {
    expectTypeOf(payload).toEqualTypeOf<Record<string, unknown>>();
  }
  for await (const { payload } of bus.history([Placed, 'other.*'])) {
    expectTypeOf(payload).toEqualTypeOf<Placed | Record<string, unknown>>();
  }
  // @ts-expect-error -- no key of an entity
  bus.history(Placed, { key: true });
}

export class ReadModel {
  @Project(Placed)
  placed(_event: Placed, _message: EventMessage<Placed>): void {}

  @Project([Placed, Counted])
  async either(_event: Placed | Counted): Promise<void> {}

  @Project('types.*')
  any(_event: object): void {}

  // @ts-expect-error -- another class
  @Project(Placed)
  wrong(_event: Counted): void {}
}
