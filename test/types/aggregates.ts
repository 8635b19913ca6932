import {
  Aggregate,
  type Aggregates,
  Apply,
  type ChangedAggregate,
  defineAggregate,
  Event,
  type EventMessage,
  type LoadedAggregate,
} from 'nestjs-lightbus';
import { expectTypeOf } from 'expect-type';

@Event('types.opened', { key: 'accountId' })
class Opened {
  accountId!: string;
  owner!: string;
}

@Event('types.closed', { key: 'accountId' })
class Closed {
  accountId!: string;
  reason!: number;
}

@Aggregate({ events: [Opened, Closed], snapshotEvery: 10, revision: 2 })
class Account {
  owner?: string;
  @Apply(Opened) opened({ owner }: Opened): void {
    this.owner = owner;
  }
  @Apply(Closed) closed(_event: Closed, message: EventMessage<Closed>): void {
    expectTypeOf(message.payload).toEqualTypeOf<Closed>();
  }
  close(): Closed {
    return new Closed();
  }
}

/** Does not compile, but for what is expected not to. */
export class Wrong {
  // @ts-expect-error -- the method takes another event
  @Apply(Opened) closed(_event: Closed): void {}
  // @ts-expect-error -- returns a promise
  @Apply(Opened) async opened(_event: Opened): Promise<void> {}
  // @ts-expect-error -- the message of another event
  @Apply(Opened) other(_event: Opened, _message: EventMessage<Closed>): void {}
  @Apply([Opened, Closed]) either(_event: Opened | Closed): void {}
  // @ts-expect-error -- the method takes one of the events only
  @Apply([Opened, Closed]) one(_event: Opened): void {}
  // @ts-expect-error -- a name is no class
  @Apply('types.opened') named(): void {}
  @Apply(Opened) without(): void {}
}

// @ts-expect-error -- the constructor needs an argument
@Aggregate({ events: [Opened] })
export class Needy {
  constructor(readonly owner: string) {}
  @Apply(Opened) opened(): void {}
}

// @ts-expect-error -- no events
@Aggregate({})
export class Empty {}

// @ts-expect-error -- an unknown option
@Aggregate({ events: [Opened], snapshots: 5 })
export class Misspelt {}

const balance = defineAggregate({
  events: [Opened, Closed],
  initial: () => ({ isOpen: false }),
  evolve: (state, event, message) => {
    expectTypeOf(event).toEqualTypeOf<Opened | Closed>();
    expectTypeOf(message.payload).toEqualTypeOf<Opened | Closed>();
    return { ...state, isOpen: event instanceof Opened };
  },
});

export function defined(): void {
  // @ts-expect-error -- no initial state
  defineAggregate({ events: [Opened], evolve: (state: number) => state });
  defineAggregate({
    events: [Opened],
    initial: () => 0,
    // @ts-expect-error -- another state than the initial one
    evolve: (state: number) => String(state),
  });
  defineAggregate({
    events: [Opened],
    initial: () => 0,
    // @ts-expect-error -- an event that is none of its own
    evolve: (state: number, event: Closed) => state + event.reason,
  });
}

export async function used(aggregates: Aggregates): Promise<void> {
  expectTypeOf(await aggregates.load(Account, '1')).toEqualTypeOf<LoadedAggregate<Account>>();
  const { state, version } = await aggregates.load(balance, 1);
  expectTypeOf(state).toEqualTypeOf<{ isOpen: boolean }>();
  expectTypeOf(version).toEqualTypeOf<number>();
  const changed = await aggregates.change(Account, '1', (account, info) => {
    expectTypeOf(account).toEqualTypeOf<Account>();
    expectTypeOf(info.version).toEqualTypeOf<number>();
    return account.close();
  });
  expectTypeOf(changed).toEqualTypeOf<ChangedAggregate<Account>>();
  await aggregates.change(Account, '1', async (account) => [account.close(), account.close()]);
  await aggregates.change(Account, '1', () => undefined);
  await aggregates.change(Account, '1', () => {}, { retries: 0 });
  await aggregates.change(balance, 1, ({ isOpen }) => (isOpen ? new Closed() : null));
  // @ts-expect-error -- an object is no key
  await aggregates.load(Account, { accountId: '1' });
  // @ts-expect-error -- an instance
  await aggregates.load(new Account(), '1');
  // @ts-expect-error -- no aggregate's constructor
  await aggregates.load(Needy, '1');
  // @ts-expect-error -- a text is no event
  await aggregates.change(Account, '1', () => 'closed');
  // @ts-expect-error -- an unknown option
  await aggregates.change(Account, '1', () => undefined, { retry: 1 });
  // @ts-expect-error -- the state is an account
  await aggregates.change(Account, '1', (account: { balance: number }) => account);
}
