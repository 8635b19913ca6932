import { describe, expect, it } from '@jest/globals';
import { EventDefinitionError } from '../../../lib/errors.js';
import { UnknownEventError } from '../../../lib/fire-errors.js';
import { Event } from '../../../lib/event/event.decorator.js';
import { EventRegistry } from '../../../lib/event/event-registry.js';

@Event('store.orders.placed')
class OrderPlaced {}

@Event('store.orders.paid')
class OrderPaid {}

@Event('store.stock.counted')
class StockCounted {}

class NoEvent {}

function registryOf(...types: (new () => object)[]): EventRegistry {
  const registry = new EventRegistry();
  registry.register(types);
  return registry;
}

describe('EventRegistry', () => {
  it('knows what was registered, and the APIs that this service owns', () => {
    const registry = registryOf(OrderPlaced, StockCounted, OrderPaid);
    registry.register([OrderPlaced]);
    expect(registry.all().map(({ type }) => type)).toEqual([OrderPlaced, StockCounted, OrderPaid]);
    expect(registry.ownedApis()).toEqual(['store.orders', 'store.stock']);
  });

  it('finds a definition by class and by instance, whatever properties the instance has', () => {
    const registry = registryOf(OrderPlaced);
    expect(registry.definitionOf(OrderPlaced).canonicalName).toBe('store.orders.placed');
    const instance = Object.assign(new OrderPlaced(), { constructor: 'x' });
    expect(registry.definitionOf(instance).type).toBe(OrderPlaced);
  });

  it('refuses an event that was not registered, and says how to', () => {
    const registry = registryOf(OrderPlaced);
    expect(() => registry.definitionOf(OrderPaid)).toThrow(UnknownEventError);
    expect(() => registry.definitionOf(new OrderPaid())).toThrow(
      'LightbusModule.forFeature([OrderPaid])',
    );
  });

  it.each<[string, object]>([
    ['a class without @Event', NoEvent],
    ['an instance of one', new NoEvent()],
    ['a subclass without its own @Event', class Silent extends OrderPlaced {}],
    ['a plain object', {}],
    ['an object without a prototype', Object.create(null) as object],
    ['null', null as unknown as object],
    ['undefined', undefined as unknown as object],
    ['a text', 'store.orders.placed' as unknown as object],
  ])('refuses %s', (_, value) => {
    const registry = registryOf(OrderPlaced);
    expect(() => registry.definitionOf(value)).toThrow(EventDefinitionError);
    expect(() => registry.definitionOf(value)).toThrow('@Event');
  });

  it('refuses to register a class without @Event, or undefined (a cycle of imports)', () => {
    expect(() => registryOf(NoEvent)).toThrow(/NoEvent.*@Event/);
    expect(() => registryOf(undefined as unknown as new () => object)).toThrow(
      EventDefinitionError,
    );
  });

  it('tells all who asked what is new, and nothing of what was known', () => {
    const registry = registryOf(OrderPlaced);
    const told: string[][] = [];
    for (let i = 0; i < 2; i++) {
      registry.onRegistered((added) => told.push(added.map(({ type }) => type.name)));
    }
    registry.register([OrderPlaced, OrderPaid]);
    registry.register([OrderPaid]);
    expect(told).toEqual([['OrderPaid'], ['OrderPaid'], [], []]);
  });

  it('refuses two classes of one name, and names both', () => {
    @Event('store.orders.placed')
    class Rival {}
    expect(() => registryOf(OrderPlaced, Rival)).toThrow(EventDefinitionError);
    expect(() => registryOf(OrderPlaced, Rival)).toThrow(/OrderPlaced.*Rival/);
  });
});
