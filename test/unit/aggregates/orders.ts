import { Type } from 'class-transformer';
import { Allow, IsDate, IsInt, IsString, ValidateNested } from 'class-validator';
import { Aggregate, Aggregates, Apply, Event, type EventMessage } from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory } from '../listener/memory-application.js';

export class Line {
  @IsString() sku!: string;
  @IsInt() quantity!: number;
}

@Event('aggregates.placed', { key: 'orderId' })
export class Placed {
  @IsString() orderId!: string;
  @IsDate() at!: Date;
  @ValidateNested({ each: true }) @Type(() => Line) lines!: Line[];
}

@Event('aggregates.paid', { key: 'orderId' })
export class Paid {
  @IsString() orderId!: string;
  @IsInt() amount!: number;
}

/** Of the same entity, and nothing to the aggregate. */
@Event('aggregates.viewed', { key: 'orderId' })
export class Viewed {
  @IsString() orderId!: string;
}

@Event('aggregates.unkeyed')
export class Unkeyed {
  @Allow() orderId?: string;
}

export const EVENTS = [Placed, Paid, Viewed, Unkeyed];

export const placed = (orderId: string, ...skus: string[]) =>
  Object.assign(new Placed(), {
    ...{ orderId, at: new Date(0) },
    lines: skus.map((sku) => Object.assign(new Line(), { sku, quantity: 1 })),
  });
export const paid = (orderId: string, amount: number) =>
  Object.assign(new Paid(), { orderId, amount });
export const viewed = (orderId: string) => Object.assign(new Viewed(), { orderId });

@Aggregate({ events: [Placed, Paid], snapshotEvery: 3 })
export class Order {
  status?: 'placed' | 'paid';
  amount = 0;
  lines: Line[] = [];
  at?: Date;
  readonly seen: string[] = [];

  @Apply(Placed)
  placed({ lines, at }: Placed, message: EventMessage<Placed>): void {
    this.status = 'placed';
    this.lines = lines;
    this.at = at;
    this.seen.push(`${message.sequence ?? 'none'} ${message.key ?? 'none'}`);
  }

  @Apply(Paid)
  paid({ amount }: Paid): void {
    this.status = 'paid';
    this.amount += amount;
  }

  pay(orderId: string, amount: number): Paid {
    if (this.status === undefined) throw new Error('There is no such order.');
    return paid(orderId, amount);
  }
}

/** An application with orders, in memory. */
export async function startOrders() {
  const { app, bus, logs } = await startInMemory({ events: EVENTS });
  const { store } = app.get(Stores).forApi('aggregates');
  const stored = async () =>
    (await store.range('aggregates.*:stream', { start: '-', end: '+', count: 1000 })).length;
  return { app, bus, logs, store, stored, aggregates: app.get(Aggregates) };
}
