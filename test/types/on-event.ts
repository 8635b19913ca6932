import { applyDecorators, Injectable, UseGuards } from '@nestjs/common';
import { expectTypeOf } from 'expect-type';
import { Event, EventMessage, OnEvent, type InstanceOf } from 'nestjs-lightbus';
import { from, type Observable } from 'rxjs';

class Base {
  readonly orderId!: string;
}

@Event('types.placed')
class Placed extends Base {
  readonly quantity!: number;
}

@Event('types.cancelled')
class Cancelled extends Base {
  readonly reason!: string;
}

@Event('types.pinged')
class Pinged {}

const LISTENER = { listenerName: 'types' };

@Injectable()
export class Accepted {
  @OnEvent(Placed, LISTENER)
  none(): void {}

  @OnEvent(Placed, LISTENER)
  event(_event: Placed): void {}

  @OnEvent(Placed, LISTENER)
  message(_event: Placed, _message: EventMessage<Placed>): void {}

  @OnEvent(Placed, LISTENER)
  anyMessage(_event: Placed, _message: EventMessage): void {}

  @OnEvent(Placed, LISTENER)
  objectMessage(_event: object, _message: EventMessage<object>): void {}

  @OnEvent(Placed, LISTENER)
  optional(_event?: Placed, _message?: EventMessage<Placed>): void {}

  @OnEvent(Placed, LISTENER)
  object(_event: object): void {}

  @OnEvent(Placed, LISTENER)
  unknown(_event: unknown): void {}

  @OnEvent(Placed, LISTENER)
  base(_event: Base, _message: EventMessage<Base>): void {}

  @OnEvent(Placed, LISTENER)
  inLine({ orderId: _ }: { readonly orderId: string }): void {}

  @OnEvent(Placed, LISTENER)
  either(_event: Placed | Cancelled, _message: EventMessage<Placed | Cancelled>): void {}

  @OnEvent(Placed, LISTENER)
  protected async promise(_event: Placed): Promise<number> {
    return 1;
  }

  @OnEvent(Placed, LISTENER)
  *generator(_event: Placed): Generator<number> {
    yield 1;
  }

  @OnEvent(Placed, LISTENER)
  async *asyncGenerator(_event: Placed): AsyncGenerator<number> {
    yield 1;
  }

  @OnEvent(Placed, LISTENER)
  observable(_event: Placed): Observable<number> {
    return from([1]);
  }

  @OnEvent([Placed, Cancelled], LISTENER)
  union(_event: Placed | Cancelled, _message: EventMessage<Placed | Cancelled>): void {}

  @OnEvent([Placed, Cancelled], LISTENER)
  eitherMessage(_event: Base, _message: EventMessage<Placed> | EventMessage<Cancelled>): void {}

  @OnEvent([Placed], LISTENER)
  single(_event: Placed, _message: EventMessage<Placed>): void {}

  @OnEvent('types.placed', LISTENER)
  named(_event: Placed, _message: EventMessage<Placed>): void {}

  @OnEvent('types.*', LISTENER)
  everything(_event: Cancelled): void {}

  @OnEvent([Placed, 'types.cancelled'], LISTENER)
  mixed(_event: Cancelled): void {}

  @OnEvent(Pinged, LISTENER)
  empty(_event: Pinged): void {}

  @OnEvent(Placed, LISTENER)
  @OnEvent(Cancelled, LISTENER)
  twice(_event: Placed | Cancelled): void {}

  @applyDecorators(UseGuards(), OnEvent(Placed, LISTENER))
  composed(_event: Placed): void {}

  @applyDecorators(OnEvent([Placed, 'types.cancelled'], LISTENER))
  composedOfNames(_event: Placed): void {}
}

export class Refused {
  // @ts-expect-error -- another class
  @OnEvent(Placed, LISTENER)
  other(_event: Cancelled): void {}

  // @ts-expect-error -- a subclass has more
  @OnEvent(Placed, LISTENER)
  subclass(_event: Placed & { readonly more: string }): void {}

  // @ts-expect-error -- no object
  @OnEvent(Placed, LISTENER)
  text(_event: string): void {}

  // @ts-expect-error -- the message of another class
  @OnEvent(Placed, LISTENER)
  otherMessage(_event: Placed, _message: EventMessage<Cancelled>): void {}

  // @ts-expect-error -- the message alone
  @OnEvent(Placed, LISTENER)
  messageFirst(_message: EventMessage<Placed>): void {}

  // @ts-expect-error -- nothing else is given
  @OnEvent(Placed, LISTENER)
  third(_event: Placed, _message: EventMessage<Placed>, _more: number): void {}

  // @ts-expect-error -- one class of two
  @OnEvent([Placed, Cancelled], LISTENER)
  half(_event: Placed): void {}

  // @ts-expect-error -- the message of one class of two
  @OnEvent([Placed, Cancelled], LISTENER)
  halfMessage(_event: Base, _message: EventMessage<Placed>): void {}

  // @ts-expect-error -- an event without properties
  @OnEvent(Pinged, LISTENER)
  empty(_event: Placed): void {}

  // @ts-expect-error -- another class, and an async method
  @OnEvent(Placed, LISTENER)
  async promise(_event: Cancelled): Promise<void> {}

  // @ts-expect-error -- a property
  @OnEvent(Placed, LISTENER)
  property = (_event: Placed): void => {};
}

expectTypeOf<InstanceOf<typeof Placed>>().toEqualTypeOf<Placed>();
expectTypeOf<InstanceOf<[typeof Placed, typeof Cancelled]>>().toEqualTypeOf<Placed | Cancelled>();
expectTypeOf<InstanceOf<readonly (typeof Placed)[]>>().toEqualTypeOf<Placed>();
expectTypeOf<ReturnType<typeof OnEvent>>().not.toBeAny();
expectTypeOf<EventMessage<Placed>['payload']>().toEqualTypeOf<Placed>();
expectTypeOf<EventMessage<Placed>['sequence']>().toEqualTypeOf<number | undefined>();
