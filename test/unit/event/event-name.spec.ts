import { describe, expect, it } from '@jest/globals';
import { EventDefinitionError } from '../../../lib/errors.js';
import { parseEventName, parseSelector } from '../../../lib/event/event-name.js';

describe('event names', () => {
  it.each([
    ['auth.user_registered', 'auth', 'user_registered'],
    ['my_company.auth.user_registered', 'my_company.auth', 'user_registered'],
    ['_private.Event2', '_private', 'Event2'],
    ['defaults.placed', 'defaults', 'placed'],
    ['obchod.objednávka.vytvořena', 'obchod.objednávka', 'vytvořena'],
  ])('takes %s apart', (name, apiName, eventName) => {
    expect(parseEventName(name)).toEqual({ apiName, eventName });
    expect(parseSelector(name)).toEqual({ apiName, eventName });
  });

  it.each([
    ...['', '.', 'placed', '.placed', 'store.', 'store..placed', 'a b.placed', 'store.a-b'],
    ...[
      'store.1st',
      '1store.placed',
      'store._placed',
      'store.placed\n',
      'store:x.placed',
      'default.placed',
      'default.x.placed',
    ],
  ])('refuses %j', (name) => {
    expect(() => parseEventName(name)).toThrow(EventDefinitionError);
    expect(() => parseSelector(name)).toThrow(EventDefinitionError);
  });

  it('takes a star for every event of an API, in selectors only', () => {
    expect(parseSelector('store.orders.*')).toEqual({ apiName: 'store.orders', eventName: '*' });
    expect(() => parseEventName('store.orders.*')).toThrow(EventDefinitionError);
    expect(() => parseSelector('*')).toThrow(EventDefinitionError);
    expect(() => parseSelector('store.*.placed')).toThrow(EventDefinitionError);
  });
});
