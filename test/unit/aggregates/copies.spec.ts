import { describe, expect, it } from '@jest/globals';
import { Allow, IsString } from 'class-validator';
import { Aggregate, Aggregates, Apply, Event } from 'nestjs-lightbus';
import { startInMemory } from '../listener/memory-application.js';
import { paid, Paid, placed, Placed, startOrders } from './orders.js';

/** Can be carried as a text until it is paid. */
@Aggregate({ events: [Placed, Paid], snapshotEvery: 2 })
class Guarded {
  placed = 0;
  amount = 0;
  isPayable = (): boolean => true;

  constructor() {
    Reflect.deleteProperty(this, 'isPayable');
  }

  @Apply(Placed) place(): void {
    this.placed++;
  }

  @Apply(Paid) pay({ amount }: Paid): void {
    this.amount += amount;
    this.isPayable = () => this.amount < 100;
  }
}

const seenOf = ({ placed, amount }: Guarded) => [placed, amount];

describe('a state that can not be carried any more', () => {
  it('is that of all events, where it was kept before', async () => {
    const { bus, aggregates, store } = await startOrders();
    await bus.fireAll([placed('o1'), placed('o1')]);
    await aggregates.load(Guarded, 'o1');
    expect(await store.readSnapshot('aggregates.*:stream', 'Guarded:orderId:o1')).toBeDefined();
    await bus.fire(paid('o1', 7));
    let seen: unknown;
    const changed = await aggregates.change(Guarded, 'o1', (state, { version }) => {
      seen = [...seenOf(state), version];
      state.amount = state.placed = -1;
      return paid('o1', 1);
    });
    expect(seen).toEqual([2, 7, 3]);
    expect(seenOf(changed.state)).toEqual([2, 8]);
  });

  it('is that of all events, where it was copied before and somebody else was faster', async () => {
    const { bus, aggregates } = await startOrders();
    await bus.fireAll([placed('o1')]);
    const seen: unknown[] = [];
    const changed = await aggregates.change(Guarded, 'o1', async (state, { version }) => {
      seen.push([...seenOf(state), version]);
      state.amount = state.placed = -1;
      if (seen.length < 4) await bus.fire(seen.length < 2 ? placed('o1') : paid('o1', 5));
      return paid('o1', 1);
    });
    expect(seen).toEqual([
      [1, 0, 1],
      [2, 0, 2],
      [2, 5, 3],
      [2, 10, 4],
    ]);
    expect(seenOf(changed.state)).toEqual([2, 11]);
  });

  it('is made of events that nobody has changed, each time', async () => {
    @Event('aggregates.drawn', { key: 'orderId' })
    class Drawn {
      @IsString() orderId!: string;
      @Allow() shape!: { sides: number };
    }
    @Aggregate({ events: [Drawn] })
    class Drawing {
      shapes: { sides: number }[] = [];
      isOpen = (): boolean => true;
      @Apply(Drawn) draw({ shape }: Drawn): void {
        this.shapes.push(shape);
      }
    }
    const { app, bus } = await startInMemory({ events: [Drawn] });
    const drawn = (sides: number) =>
      Object.assign(new Drawn(), { orderId: 'o1', shape: { sides } });
    await bus.fire(drawn(3));
    const seen: unknown[] = [];
    await app.get(Aggregates).change(Drawing, 'o1', async ({ shapes }) => {
      seen.push(shapes.map(({ sides }) => sides));
      shapes[0]!.sides = -1;
      if (seen.length < 3) await bus.fire(drawn(4));
      return drawn(5);
    });
    expect(seen).toEqual([[3], [3, 4], [3, 4, 4]]);
  });
});
