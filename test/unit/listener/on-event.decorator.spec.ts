import { describe, expect, it } from '@jest/globals';
import {
  Event,
  EventDefinitionError,
  ListenerDefinitionError,
  OnEvent,
  type EventSelector,
  type OnEventOptions,
} from 'nestjs-lightbus';
import { getOnEventMetadata } from '../../../lib/listener/on-event.decorator.js';

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
  return descriptor?.value as object;
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
    const method = Object.getOwnPropertyDescriptor(Handlers.prototype, 'handle')?.value as object;
    const happened = { apiName: 'decorated', eventName: 'happened', type: Happened };
    expect(getOnEventMetadata(method)).toEqual([
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
    ['no options', Happened, undefined, /on Handlers\.handle needs a listenerName.*undefined/],
    ['no listener name', Happened, {}, /needs a listenerName.*undefined/],
    ['an empty name', Happened, { listenerName: '' }, /needs a listenerName.*Found ""/],
    ['a name with a space', Happened, { listenerName: 'a b' }, /needs a listenerName.*"a b"/],
    ['a name with a control character', Happened, { listenerName: 'a\u0000' }, /listenerName/],
    ['a number as name', Happened, { listenerName: 7 }, /needs a listenerName.*7/],
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
      { listenerName: 'a', snice: 1 },
      /unknown options: snice\. Known/,
    ],
    ['an invalid Date', Happened, { listenerName: 'a', since: new Date(NaN) }, /has since null/],
    [
      'an unknown word',
      Happened,
      { listenerName: 'a', since: 'yesterday' },
      /has since "yesterday"/,
    ],
    ['a number as since', Happened, { listenerName: 'a', since: 0 }, /has since 0/],
    [
      'an unknown onError',
      Happened,
      { listenerName: 'a', onError: 'explode' },
      /onError "explode"/,
    ],
  ])('refuses %s', (_, selectors, options, message) => {
    expect(() => decorate(selectors, options)).toThrow(ListenerDefinitionError);
    expect(() => decorate(selectors, options)).toThrow(message);
  });

  it.each(['placed', 'store.', '.placed', 'store.*.placed', '*', 'store.or ders', ''])(
    'refuses the name %p',
    (name) => {
      expect(() => decorate(name, { listenerName: 'a' })).toThrow(EventDefinitionError);
    },
  );

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
