import { describe, expect, it } from '@jest/globals';
import { EventDefinitionError } from '../../../lib/errors.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';

@Event('store.orders.placed')
class OrderPlaced {}

describe('@Event', () => {
  it('takes API and event apart at the last dot; the version is 1 unless given', () => {
    expect(getEventDefinition(OrderPlaced)).toEqual({
      apiName: 'store.orders',
      eventName: 'placed',
      canonicalName: 'store.orders.placed',
      version: 1,
      upcasters: {},
      type: OrderPlaced,
    });
  });

  it('takes a version', () => {
    @Event('store.orders.paid', { version: 0 })
    class OrderPaid {}
    expect(getEventDefinition(OrderPaid)?.version).toBe(0);
  });

  it('is not inherited, and a subclass can have its own', () => {
    class Silent extends OrderPlaced {}
    @Event('store.orders.placed_again')
    class OrderPlacedAgain extends OrderPlaced {}
    expect(getEventDefinition(Silent)).toBeUndefined();
    expect(getEventDefinition(OrderPlacedAgain)?.eventName).toBe('placed_again');
    expect(getEventDefinition(OrderPlaced)?.eventName).toBe('placed');
  });

  it.each([
    'placed',
    '',
    'store.',
    '.placed',
    'store orders.placed',
    'store.1st',
    'store._x',
    'store.*',
  ])('refuses the name %j', (name) => {
    expect(() => Event(name)).toThrow(EventDefinitionError);
  });

  it.each([-1, 1.5, NaN, 2 ** 53, '1' as unknown as number])(
    'refuses the version %p',
    (version) => {
      expect(() => Event('store.orders.placed', { version })).toThrow(EventDefinitionError);
    },
  );

  it('refuses a second name for one class, and names both', () => {
    expect(() => Event('store.orders.paid')(OrderPlaced)).toThrow(EventDefinitionError);
    expect(() => Event('store.orders.paid')(OrderPlaced)).toThrow(
      /store\.orders\.paid.*store\.orders\.placed/,
    );
  });
});
