import { describe, expect, it } from '@jest/globals';
import {
  Event,
  EventDefinitionError,
  ListenerDefinitionError,
  OnEvent,
  type EventSelector,
  type OnEventOptions,
} from 'nestjs-lightbus';
import { eventHandlers } from '../../../lib/listener/handler-registry.js';

@Event('decorated.happened')
class Happened {}

class NoEvent {}

/** Applies the decorator to `Handlers.handle`, as a compiler does. */
function decorate(selectors: unknown, options: unknown): object {
  class Handlers {
    handle() {
      return undefined;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, 'handle');
  const decorator = OnEvent(selectors as EventSelector, options as OnEventOptions);
  decorator(Handlers.prototype, 'handle', descriptor as PropertyDescriptor);
  return Handlers.prototype;
}

function getOnEventMetadata(prototype: object) {
  return eventHandlers.of(prototype).flatMap(({ metadata }) => metadata);
}

describe('@OnEvent', () => {
  it('records selections and options, also of several decorators', () => {
    class Handlers {
      @OnEvent([Happened, 'other.thing', 'other.*'], { listenerName: 'a', since: 'now' })
      @OnEvent(Happened, { listenerName: 'b' })
      handle() {
        return undefined;
      }
    }
    const happened = { apiName: 'decorated', eventName: 'happened', type: Happened };
    expect(getOnEventMetadata(Handlers.prototype)).toEqual([
      {
        selections: [
          happened,
          { apiName: 'other', eventName: 'thing' },
          { apiName: 'other', eventName: '*' },
        ],
        options: { listenerName: 'a', since: 'now' },
      },
      { selections: [happened], options: { listenerName: 'b' } },
    ]);
  });

  it.each<unknown>(['beginning', 'now', new Date(), '1700000000000-0', '1700000000000'])(
    'takes since %p',
    (since) => {
      const [metadata] = getOnEventMetadata(decorate(Happened, { listenerName: 'a', since }));
      expect(metadata?.options.since).toBe(since);
    },
  );

  it.each<[string, unknown, unknown, RegExp]>([
    [
      'no options',
      Happened,
      undefined,
      /^@OnEvent on Handlers\.handle: expected an object \(keys: listenerName.*found nothing/,
    ],
    ['no listener name', Happened, {}, /handle: listenerName: expected a text.*found nothing/],
    ['an empty name', Happened, { listenerName: '' }, /listenerName: .*found ''/],
    ['a name with a space', Happened, { listenerName: 'a b' }, /listenerName: .*found 'a b'/],
    ['a name with a control character', Happened, { listenerName: 'a\u0000' }, /listenerName/],
    ['a number as name', Happened, { listenerName: 7 }, /listenerName: .*found 7/],
    ['no selector', [], { listenerName: 'a' }, /on Handlers\.handle selects no event/],
    [
      'a class without @Event',
      NoEvent,
      { listenerName: 'a' },
      /selects class NoEvent, which has no/,
    ],
    ['undefined', undefined, { listenerName: 'a' }, /selects undefined.*cycle between two files/],
    ['null in an array', [null], { listenerName: 'a' }, /selects null/],
    [
      'an unknown option',
      Happened,
      { listenerName: 'a', sinse: 1 },
      /sinse: expected one of the options .*since.*Did you mean 'since'/,
    ],
    [
      'an invalid Date',
      Happened,
      { listenerName: 'a', since: new Date(NaN) },
      /since: .*found a date/,
    ],
    [
      'an unknown word',
      Happened,
      { listenerName: 'a', since: 'yesterday' },
      /since: .*found 'yesterday'/,
    ],
    ['a number as since', Happened, { listenerName: 'a', since: 0 }, /since: .*found 0/],
    [
      'an unknown onError',
      Happened,
      { listenerName: 'a', onError: 'explode' },
      /onError: expected 'retry' or .*found 'explode'/,
    ],
  ])('refuses %s', (_, selectors, options, message) => {
    expect(() => decorate(selectors, options)).toThrow(ListenerDefinitionError);
    expect(() => decorate(selectors, options)).toThrow(message);
  });

  it('names every mistake at once', () => {
    const options = { listenerName: 'a b', since: 'soon', maxAttempts: null, timeout: 0.5 };
    expect(() => decorate(Happened, options)).toThrow(
      /listenerName: .*\n.*since: .*\n.*maxAttempts: .*found null.*\n.*timeout: .*found 0\.5/,
    );
  });

  it.each(['placed', 'store.', '.placed', 'store.*.placed', '*', 'store.or ders', ''])(
    'refuses the name %p',
    (name) => {
      expect(() => decorate(name, { listenerName: 'a' })).toThrow(EventDefinitionError);
    },
  );

  it('refuses to be applied as a decorator of the standard, whose metadata Nest does not have', () => {
    const decorator = OnEvent(Happened, { listenerName: 'a' }) as unknown as (
      method: unknown,
      context: unknown,
    ) => void;
    const apply = () => decorator(() => undefined, { kind: 'method', name: 'handle' });
    expect(apply).toThrow(ListenerDefinitionError);
    expect(apply).toThrow(/experimentalDecorators/);
  });

  it.each<[string, object, string | symbol, PropertyDescriptor | undefined]>([
    ['a static method', Happened, 'make', { value: () => undefined }],
    ['a method that is named by a symbol', Happened.prototype, Symbol('s'), { value: () => 1 }],
    ['a property or an accessor', Happened.prototype, 'property', undefined],
    ['a property or an accessor', Happened.prototype, 'accessor', { get: () => () => undefined }],
  ])('refuses %s, as nothing would call it', (kind, target, name, descriptor) => {
    const decorator = OnEvent(Happened, { listenerName: 'a' });
    const apply = () => decorator(target, name, descriptor as PropertyDescriptor);
    expect(apply).toThrow(ListenerDefinitionError);
    expect(apply).toThrow(`@OnEvent on Happened.${String(name)} is on ${kind}`);
  });
});
