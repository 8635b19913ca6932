import { Injectable, type Provider } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Expose } from 'class-transformer';
import { Allow, IsInt, IsString } from 'class-validator';
import {
  Aggregates,
  defineAggregate,
  Event,
  EventMessage,
  Listeners,
  OnEvent,
  Project,
  Projections,
  UpcastError,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { serialize } from '../../../lib/wire/by-field.js';
import { newEventId } from '../../../lib/wire/event-id.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

interface Wanted {
  count: number;
  tags?: string[];
}

let failing = false;
/** What the upcaster was given, and how often. */
const given: Record<string, unknown>[] = [];

@Event('versions.wanted', {
  version: 2,
  key: 'orderId',
  upcasters: {
    1: (parameters) => {
      given.push(structuredClone(parameters));
      if (failing) throw new Error('no such currency');
      (parameters as unknown as Wanted).tags?.push('lifted');
      const { amount, ...rest } = parameters;
      return { ...rest, count: amount };
    },
  },
})
class Counted {
  @Expose({ name: 'order_id' }) @IsString() orderId!: string;
  @IsInt() count!: number;
  @Allow() tags?: string[];
}

interface Call {
  readonly event: Counted;
  readonly message: EventMessage<Counted>;
}

class Calls {
  readonly calls: Call[] = [];
  /** How many calls are to fail, once they have spoiled their event. */
  fails = 0;

  protected take(event: Counted, message: EventMessage<Counted>): void {
    this.calls.push({ event: Object.assign(new Counted(), structuredClone(event)), message });
    event.tags?.push('handled');
    if (this.fails-- > 0) throw new Error('no stock');
  }
}

@Injectable()
class Retrying extends Calls {
  @OnEvent(Counted, { listenerName: 'count' })
  count(event: Counted, message: EventMessage<Counted>): void {
    this.take(event, message);
  }
}

@Injectable()
class SettingAside extends Calls {
  @OnEvent(Counted, { listenerName: 'count', onError: 'dead_letter', maxAttempts: 2 })
  count(event: Counted, message: EventMessage<Counted>): void {
    this.take(event, message);
  }
}

@Injectable()
class Projected extends Calls {
  @Project(Counted)
  count(event: Counted, message: EventMessage<Counted>): void {
    this.take(event, message);
  }
}

const counts = defineAggregate({
  events: [Counted],
  initial: (): unknown[] => [],
  evolve: (state, { count }, { version, storedVersion }) => [
    ...state,
    count,
    version,
    storedVersion,
  ],
});

const OLD_ID = newEventId(Date.now());
const OLD = { version: 1, parameters: { order_id: 'o1', amount: 5, tags: ['a'] } };

const fieldsOf = ({ version, parameters }: { version: number; parameters: object }): string[] =>
  serialize({
    ...{ id: OLD_ID, apiName: 'versions', eventName: 'wanted', version },
    parameters: parameters as Record<string, unknown>,
  });

/** Starts a listener, and has somebody else's process store an event. */
async function start(type: new () => Calls, api?: Record<string, unknown>) {
  failing = false;
  given.length = 0;
  const started = await startInMemory({ events: [Counted], providers: [type as Provider], api });
  const { store } = started.app.get(Stores).forApi('versions');
  const append = (entry: Parameters<typeof fieldsOf>[0]) =>
    store.append('versions.*:stream', [fieldsOf(entry)], { maxLength: null, timeoutMs: 1000 });
  const letters = async () => {
    const found = [];
    for await (const letter of started.app.get(Listeners).deadLetters('count')) found.push(letter);
    return found;
  };
  return { ...started, append, letters, calls: started.app.get(type) };
}

describe('an event of an earlier version', () => {
  it('is handled as one of the version of its class', async () => {
    const { append, calls, whenHandled, logs } = await start(Retrying);
    await append(OLD);
    await whenHandled();
    expect(calls.calls).toHaveLength(1);
    const [{ event, message }] = calls.calls as [Call];
    expect(event).toEqual({ orderId: 'o1', count: 5, tags: ['a', 'lifted'] });
    expect(message.payload).toBeInstanceOf(Counted);
    expect(message).toMatchObject({ version: 2, storedVersion: 1, key: 'o1' });
    expect(logs.filter((line) => line.startsWith('warn Event'))).toEqual([]);
  });

  it('is lifted without casting, too', async () => {
    const { append, calls, whenHandled } = await start(Retrying, { cast_values: false });
    await append(OLD);
    await whenHandled();
    expect(calls.calls[0]?.message.payload).not.toBeInstanceOf(Counted);
    expect(calls.calls[0]).toMatchObject({
      event: { order_id: 'o1', count: 5 },
      message: { key: 'o1' },
    });
  });

  it('is lifted for history, aggregates, projections, and who fires it again, too', async () => {
    const { app, bus, append, calls } = await start(Projected);
    const [nativeId = ''] = await append(OLD);
    await app.get(Projections).waitFor(Projected, nativeId);
    expect(calls.calls).toMatchObject([
      { event: { orderId: 'o1', count: 5 }, message: { version: 2, storedVersion: 1 } },
    ]);
    expect(await app.get(Aggregates).load(counts, 'o1')).toMatchObject({ state: [5, 2, 1] });
    const lifted = { version: 2, storedVersion: 1, payload: { orderId: 'o1', count: 5 } };
    for await (const message of bus.history(Counted)) expect(message).toMatchObject(lifted);
    const again = await bus.fire(Counted, { orderId: 'o1', count: 7 }, { id: OLD_ID });
    expect(again).toMatchObject({ ...lifted, duplicate: true });
  });

  it('whose upcaster throws fails history and aggregates, and stops projections', async () => {
    const { app, bus, append } = await start(Projected);
    failing = true;
    const [nativeId = ''] = await append(OLD);
    const waiting = app.get(Projections).waitFor(Projected, nativeId);
    await expect(waiting).rejects.toThrow(/fed no more at entry .*no such currency/);
    await expect(app.get(Aggregates).load(counts, 'o1')).rejects.toThrow(UpcastError);
    const reading = bus.history('versions.*')[Symbol.asyncIterator]();
    await expect(reading.next()).rejects.toThrow(UpcastError);
  });

  it('is validated as what it was lifted to', async () => {
    const { append, calls, whenHandled, letters } = await start(SettingAside, {
      validate: { incoming: true, outgoing: true },
    });
    await append(OLD);
    const wrong = { version: 1, parameters: { order_id: 'o1', amount: 0.5 } };
    await append(wrong);
    await whenHandled();
    expect(calls.calls.map(({ event }) => event.count)).toEqual([5]);
    const [letter] = await letters();
    expect(letter).toMatchObject({ reason: 'invalid', fields: fieldsOf(wrong) });
    expect(letter?.message).toContain('count must be an integer');
  });

  it('is lifted anew at each attempt, from what is stored, and set aside as that', async () => {
    const { append, calls, whenHandled, letters } = await start(SettingAside);
    calls.fails = 2;
    await append(OLD);
    await whenHandled();
    const event = { orderId: 'o1', count: 5, tags: ['a', 'lifted'] };
    expect(calls.calls.map((call) => call.event)).toEqual([event, event]);
    expect(await letters()).toMatchObject([
      { reason: 'failed', message: 'no stock', fields: fieldsOf(OLD) },
    ]);
  });

  it('whose upcaster throws fails as if its handler had: it is tried again', async () => {
    const { append, calls, whenHandled, logs } = await start(Retrying);
    failing = true;
    await append(OLD);
    await waitFor(() => logs.some((line) => line.includes('no such currency')));
    failing = false;
    await whenHandled();
    expect(calls.calls).toHaveLength(1);
    expect(given).toEqual([OLD.parameters, OLD.parameters]);
    const line =
      /^warn .*'count'\) failed at attempt 1 in Retrying\.count .*The upcaster of 'versions\.wanted' from version 1 to 2 has thrown: no such currency\. Next attempt/;
    expect(logs).toContainEqual(expect.stringMatching(line));
  });

  it('whose upcaster throws is set aside by onError, and no handler is called', async () => {
    const { append, calls, whenHandled, letters } = await start(SettingAside);
    failing = true;
    await append(OLD);
    await whenHandled();
    expect(calls.calls).toEqual([]);
    expect(await letters()).toMatchObject([
      { reason: 'failed', attempts: 2, fields: fieldsOf(OLD) },
    ]);
  });
});

describe('an event of a newer version', () => {
  it('is handed over as it is, with one warning for all of that version', async () => {
    const { append, calls, whenHandled, logs } = await start(Retrying);
    for (const count of [1, 2]) {
      await append({ version: 3, parameters: { order_id: 'o1', count, colour: 'red' } });
    }
    await whenHandled();
    expect(calls.calls).toHaveLength(2);
    expect(calls.calls[1]).toMatchObject({
      event: { orderId: 'o1', count: 2, colour: 'red' },
      message: { version: 3, storedVersion: 3, key: 'o1' },
    });
    const warnings = logs.filter((line) => line.includes('newer'));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^warn Event versions\.wanted \(.*its version 3 is newer than 2, .* handled all the same/,
      ),
    ]);
  });

  it('is told also where it is refused as invalid', async () => {
    const { append, whenHandled, logs } = await start(SettingAside, {
      validate: { incoming: true, outgoing: true },
    });
    await append({ version: 4, parameters: { order_id: 'o1', count: 'many' } });
    await whenHandled();
    const warnings = logs.filter((line) => line.includes('its version 4 is newer'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toContain('handled all the same');
  });
});
