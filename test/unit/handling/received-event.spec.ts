import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsDate, IsInt } from 'class-validator';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

@Event('incoming.measured')
class Measured {
  @IsInt() n!: number;
  @IsDate() @Type(() => Date) at!: Date;
}

interface Call {
  readonly event: unknown;
  readonly message: EventMessage<Measured>;
}

@Injectable()
class Listeners {
  readonly byClass: Call[] = [];
  readonly byName: Call[] = [];

  @OnEvent(Measured, { listenerName: 'by_class', onError: 'dead_letter' })
  handleClass(event: Measured, message: EventMessage<Measured>) {
    this.byClass.push({ event, message });
  }

  @OnEvent('incoming.measured', { listenerName: 'by_name', onError: 'dead_letter' })
  handleName(event: object, message: EventMessage<Measured>) {
    this.byName.push({ event, message });
  }
}

const HEAD = ['id', 'id-1', 'api_name', 'incoming', 'event_name', 'measured', 'version', '1'];

/** Starts two listeners, and puts an entry on their stream as somebody else may have written it. */
async function receive(parameters: string[], api?: Record<string, unknown>, head = HEAD) {
  const application = await startInMemory({ providers: [Listeners], api });
  const { store } = application.app.get(Stores).forApi('incoming');
  const options = { maxLength: null, timeoutMs: 1000 };
  const [nativeId] = await store.append('incoming.*:stream', [[...head, ...parameters]], options);
  await application.whenHandled();
  const { byClass, byName } = application.app.get(Listeners);
  const entryLogs = application.logs.filter((line) => line.includes(`${nativeId}`));
  return { application, nativeId, byClass, byName, entryLogs };
}

/** The reports on a listener's dead-letter stream. */
async function deadLetters({ app }: MemoryApplication, listener: string) {
  const { store } = app.get(Stores).forApi('incoming');
  const stream = `lightbus:dead_letters:{incoming.*:stream}:service-${listener}`;
  const entries = await store.range(stream, { start: '-', end: '+', count: 10 });
  return entries.map(({ fields }) => JSON.parse(fields?.[1] ?? '') as Record<string, unknown>);
}

describe('a received event', () => {
  it('comes as an instance by class, as a plain object by name, each with its message', async () => {
    const { byClass, byName, nativeId, entryLogs } = await receive([
      ...[':n', '5', ':at', '"2024-01-02T03:04:05Z"'],
    ]);
    const at = new Date('2024-01-02T03:04:05Z');
    expect(byClass).toHaveLength(1);
    const [{ event, message } = {} as Call] = byClass;
    expect(event).toBeInstanceOf(Measured);
    expect(event).toEqual(Object.assign(new Measured(), { n: 5, at }));
    expect(message).toEqual({
      id: 'id-1',
      nativeId,
      apiName: 'incoming',
      eventName: 'measured',
      canonicalName: 'incoming.measured',
      version: 1,
      storedVersion: 1,
      payload: event,
      timestamp: new Date(Number(nativeId?.split('-')[0])),
      stream: 'incoming.*:stream',
      consumerGroup: 'service-by_class',
      deliveryCount: 1,
      signal: expect.any(AbortSignal) as unknown,
      isReplay: false,
    });
    expect(message.payload).toBe(event);
    expect(Object.isFrozen(message)).toBe(true);

    expect(byName).toHaveLength(1);
    expect(byName[0]?.event).toEqual({ n: 5, at: '2024-01-02T03:04:05Z' });
    expect(byName[0]?.message.consumerGroup).toBe('service-by_name');
    expect(entryLogs).toEqual([]);
  });

  it('is plain for everybody with cast_values off', async () => {
    const { byClass } = await receive([':n', '5', ':at', '"2024-01-02T03:04:05Z"'], {
      cast_values: false,
    });
    expect(byClass[0]?.event).toEqual({ n: 5, at: '2024-01-02T03:04:05Z' });
    expect(byClass[0]?.event).not.toBeInstanceOf(Measured);
  });

  it('is handed over uncast where it can not be cast, with one warning', async () => {
    const { byClass, entryLogs } = await receive([':n', '"five"', ':at', '"soon"']);
    expect(byClass[0]?.event).toBeInstanceOf(Measured);
    expect(byClass[0]?.event).toEqual(Object.assign(new Measured(), { n: 'five', at: 'soon' }));
    expect(entryLogs).toEqual([
      expect.stringMatching(/^warn .*listener 'by_class'.*at was not cast/),
    ]);
  });

  it('is handled whatever its validity, with properties that its class does not have', async () => {
    const { byClass, entryLogs } = await receive([':n', '0.5', ':colour', '"red"']);
    expect(byClass[0]?.event).toMatchObject({ n: 0.5, colour: 'red' });
    expect(entryLogs).toEqual([]);
  });
});

describe('validate.incoming', () => {
  const INCOMING = { validate: { outgoing: true, incoming: true } };

  it('lets valid events through', async () => {
    const { application, byClass, byName } = await receive(
      [':n', '5', ':at', '"2024-01-02T03:04:05Z"'],
      INCOMING,
    );
    expect(byClass).toHaveLength(1);
    expect(byName).toHaveLength(1);
    expect(await deadLetters(application, 'by_class')).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['as an object', INCOMING],
    ['as true', { validate: true }],
  ])('given %s sets invalid events aside without a call, with every problem', async (_, api) => {
    const { application, nativeId, byClass } = await receive(
      [':n', '0.5', ':at', '"soon"', ':colour', '"red"'],
      api as Record<string, unknown>,
    );
    expect(byClass).toEqual([]);
    const [letter, ...more] = await deadLetters(application, 'by_class');
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ listener: 'by_class', reason: 'invalid', nativeId });
    expect(letter?.['message']).toMatch(/n must be an integer/);
    expect(letter?.['message']).toMatch(/at must be a Date/);
    expect(letter?.['message']).toMatch(/property colour should not exist/);
  });

  it('lets events through that are selected by name, as no class describes them', async () => {
    const { application, byName } = await receive([':n', '0.5'], INCOMING);
    expect(byName).toHaveLength(1);
    expect(await deadLetters(application, 'by_name')).toEqual([]);
  });

  it('with strict_validation sets those aside too, and says why', async () => {
    const { application, byName } = await receive([':n', '5'], {
      ...INCOMING,
      strict_validation: true,
    });
    expect(byName).toEqual([]);
    expect(await deadLetters(application, 'by_name')).toEqual([
      expect.objectContaining({
        reason: 'invalid',
        message: expect.stringMatching(
          /strict_validation is on, .* not select it by a class with rules/,
        ) as unknown,
      }),
    ]);
  });

  it('off changes nothing for strict_validation', async () => {
    const { byClass, byName } = await receive([':n', '0.5'], { strict_validation: true });
    expect(byClass).toHaveLength(1);
    expect(byName).toHaveLength(1);
  });
});
