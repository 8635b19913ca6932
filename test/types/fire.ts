import type { IncomingHttpHeaders } from 'node:http';
import { Event, type EventBus, type EventMessage } from 'nestjs-lightbus';

@Event('types.fired', { key: 'orderId' })
class Placed {
  readonly orderId!: string;
  quantity!: number;
  note?: string;
  total(): number {
    return this.quantity;
  }
}

@Event('types.pinged')
class Pinged {
  method(): void {}
}

@Event('types.noted')
class Noted {
  note?: string;
}

@Event('types.made')
class Made {
  constructor(readonly orderId: string) {}
}

/** Compiles as it stands. */
export async function fired(bus: EventBus, placed: Placed, something: object): Promise<void> {
  const message: EventMessage<Placed> = await bus.fire(placed);
  const same: EventMessage<Placed> = await bus.fire(Placed, { orderId: '1', quantity: 1 });
  await bus.fire(placed, { id: message.id, expectedVersion: 0 });
  await bus.fire(Placed, { orderId: '1', quantity: 1, note: 'n' }, { expectedVersion: 'any' });
  await bus.fire(Placed, placed);
  await bus.fire(Pinged);
  await bus.fire(Pinged, {});
  await bus.fire(Pinged, {}, { id: same.id });
  await bus.fire(Pinged, undefined, { id: same.id });
  await bus.fire(Noted);
  await bus.fire(Noted, {});
  await bus.fire(Noted, { note: 'n' });
  await bus.fire(Made, { orderId: '1' });
  await bus.fire(new Made('1'));
  await bus.fire(something);
  await bus.fireAll([placed, new Pinged()], { expectedVersion: 0, ids: ['a', 'b'] });
}

/** Compiles as it stands. */
export async function headers(bus: EventBus, placed: Placed, request: IncomingHttpHeaders) {
  await bus.fire(placed, { headers: request, correlationId: 'c', causationId: 'i' });
  await bus.fireAll([placed], { traceparent: request.traceparent as string, tracestate: 'a=1' });
  const { firedAt, headers } = await bus.fire(placed, { headers: { a: [1, { b: null }] } });
  const time: number | undefined = firedAt?.getTime();
  return [time, headers?.tenant] as const;
}

/** Does not compile. */
export async function refused(bus: EventBus, placed: Placed): Promise<void> {
  // @ts-expect-error -- required properties are missing
  await bus.fire(Placed, {});
  // @ts-expect-error -- one of them is
  await bus.fire(Placed, { orderId: '1' });
  // @ts-expect-error -- the class is no instance
  await bus.fire(Placed);
  // @ts-expect-error -- the class is no instance, and these are options
  await bus.fire(Placed, { id: 'own' });
  // @ts-expect-error -- there is no such property
  await bus.fire(Placed, { orderId: '1', quantity: 1, colour: 'red' });
  // @ts-expect-error -- nor here, where all are optional
  await bus.fire(Noted, { nota: 'n' });
  // @ts-expect-error -- an event without properties has none
  await bus.fire(Pinged, { orderId: '1' });
  // @ts-expect-error -- a property of another type
  await bus.fire(Placed, { orderId: 1, quantity: 1 });
  // @ts-expect-error -- methods are no properties
  await bus.fire(Placed, { orderId: '1', quantity: 1, total: () => 1 });
  // @ts-expect-error -- no payload
  await bus.fire(Placed, null);
  // @ts-expect-error -- there is no such option
  await bus.fire(placed, { expected: 1 });
  // @ts-expect-error -- no value of JSON
  await bus.fire(placed, { headers: { at: new Date() } });
  // @ts-expect-error -- no text
  await bus.fire(placed, { correlationId: 1 });
  // @ts-expect-error -- the time is when it is fired
  await bus.fire(placed, { firedAt: new Date() });
  // @ts-expect-error -- no version
  await bus.fire(placed, { expectedVersion: 'some' });
  // @ts-expect-error -- events are fired by their class
  await bus.fire('types.fired', {});
}
