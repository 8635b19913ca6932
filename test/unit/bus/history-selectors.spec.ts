import { describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  Event,
  EventDefinitionError,
  InvalidOptionsError,
  InvalidPositionError,
  type EventMessage,
  type HistoryOptions,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory } from '../listener/memory-application.js';

class Numbered {
  @IsInt() n!: number;
}
@Event('unliftable.placed', { version: 2 })
class Unliftable {}
@Event('selected.placed')
class Placed extends Numbered {}
@Event('selected.paid')
class Paid extends Numbered {}
@Event('selected.unregistered')
class Unregistered extends Numbered {}
/** The class of a reader that knows the event otherwise than the service that fires it. */
@Event('selected.placed')
class PlacedElsewhere extends Numbered {}
@Event('other.sent')
class Sent extends Numbered {}

async function collect<T>(iterable: AsyncIterable<EventMessage<T>>): Promise<EventMessage<T>[]> {
  const messages: EventMessage<T>[] = [];
  for await (const message of iterable) messages.push(message);
  return messages;
}

/** Fires Placed 1, Paid 2, Sent 3, Placed 4, Paid 5. */
async function start() {
  const application = await startInMemory({ events: [Placed, Paid, Sent] });
  const messages: EventMessage<Numbered>[] = [];
  for (const [i, type] of [Placed, Paid, Sent, Placed, Paid].entries()) {
    messages.push(await application.bus.fire(type, { n: i + 1 }));
  }
  return { ...application, messages };
}

const numbers = (messages: readonly EventMessage<unknown>[]) =>
  messages.map(({ payload }) => (payload as Numbered).n);
const kinds = (messages: readonly EventMessage<object>[]) =>
  messages.map(({ payload }) => payload.constructor);

describe('EventBus.history of several selectors', () => {
  it('gives the events of a list of classes and names, of several APIs, each as its instance', async () => {
    const { bus } = await start();
    const messages = await collect(bus.history([Paid, 'other.sent']));
    expect(numbers(messages).sort()).toEqual([2, 3, 5]);
    const ofNumber = new Map(messages.map(({ payload }) => [payload.n, payload.constructor]));
    expect([ofNumber.get(2), ofNumber.get(3), ofNumber.get(5)]).toEqual([Paid, Sent, Paid]);
  });

  it('gives no event twice, however often it is selected', async () => {
    const { bus } = await start();
    const all = ['selected.*', Placed, 'selected.placed', 'selected.*', 'other.*'] as const;
    for (const options of [{}, { follow: true, limit: 5 }]) {
      // Ids of two streams in one millisecond say nothing about who was first.
      const read = numbers(await collect(bus.history(all, options)));
      expect(read.sort()).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it('gives instances of registered classes for a name and for <api>.*, others as they are', async () => {
    const { bus, app } = await start();
    const { store } = app.get(Stores).forApi('selected');
    const fields = ['id', 'x', 'api_name', 'selected', 'event_name', 'unregistered', ':n', '6'];
    await store.append('selected.*:stream', [fields], { maxLength: null, timeoutMs: 1 });
    expect(kinds(await collect(bus.history('selected.placed')))).toEqual([Placed, Placed]);
    expect(kinds(await collect(bus.history('selected.unregistered')))).toEqual([Object]);
    const all = ['selected.*', Unregistered];
    expect(kinds(await collect(bus.history('selected.*'))).at(-1)).toBe(Object);
    expect(kinds(await collect(bus.history(all))).at(-1)).toBe(Unregistered);
  });

  it('takes the class that was selected before the one that is registered', async () => {
    const { bus } = await start();
    expect(kinds(await collect(bus.history(['selected.*', PlacedElsewhere])))).toEqual([
      PlacedElsewhere,
      Paid,
      PlacedElsewhere,
      Paid,
    ]);
  });

  it.each<[string, unknown]>([
    ['an empty list', []],
    ['a list with a class without @Event', [Placed, Numbered]],
    ['a list with nothing in it', [undefined]],
    ['a list in a list', [[Placed]]],
    ['a class whose older versions nothing lifts', Unliftable],
  ])('refuses %s at the call', async (_, selectors) => {
    const { bus } = await start();
    expect(() => bus.history(selectors as string)).toThrow(EventDefinitionError);
  });
});

describe('EventBus.history after an event', () => {
  it('begins with what follows it, in both orders, and works with until and limit', async () => {
    const { bus, messages } = await start();
    const all = ['selected.*', 'other.*'];
    const read = async (options: HistoryOptions) =>
      numbers(await collect(bus.history(all, options)));
    const at = (n: number) => messages[n - 1]!.nativeId;
    // Streams of two APIs: ids of one millisecond say nothing about who was first.
    const ofOne = async (options: HistoryOptions) =>
      numbers(await collect(bus.history('selected.*', options)));
    expect(await ofOne({ after: at(1) })).toEqual([2, 4, 5]);
    expect(await ofOne({ after: at(1), until: at(4) })).toEqual([2, 4]);
    expect(await ofOne({ after: at(1), limit: 1 })).toEqual([2]);
    expect(await ofOne({ after: at(1), order: 'desc' })).toEqual([5, 4, 2]);
    expect(await ofOne({ after: at(5) })).toEqual([]);
    expect(await read({ after: 'beginning' })).toHaveLength(5);
    expect(await read({ after: 'end' })).toEqual([]);
  });

  it('takes an instant, and bare milliseconds, for the whole millisecond, as until does', async () => {
    const { bus, messages } = await start();
    const [ms = ''] = messages[1]!.nativeId.split('-');
    for (const point of [messages[1]!.timestamp, ms]) {
      const until = await collect(bus.history('selected.*', { until: point }));
      const after = await collect(bus.history('selected.*', { after: point }));
      expect([...numbers(until), ...numbers(after)]).toEqual([1, 2, 4, 5]);
      expect(numbers(until)).toEqual(expect.arrayContaining([1, 2]));
    }
  });

  it('refuses after and since together, and what is no point in history', async () => {
    const { bus } = await start();
    expect(() => bus.history(Placed, { after: '1-0', since: '1-0' })).toThrow(InvalidOptionsError);
    expect(() => bus.history(Placed, { after: 'now' })).toThrow(InvalidPositionError);
    expect(() => bus.history(Placed, { after: new Date(NaN) })).toThrow("'after' is an invalid");
  });
});
