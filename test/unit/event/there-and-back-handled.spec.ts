import { Injectable, type Provider, type Type } from '@nestjs/common';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventMessage, Listeners, OnEvent } from 'nestjs-lightbus';
import { startApplication } from './generated/application.js';
import { buildClass } from './generated/build-class.js';
import { type ClassPlan, classPlans } from './generated/plan.js';
import { expectSame, forget, makeEvent } from './generated/round-trip.js';
import { runs, TIMEOUT_MS } from './generated/runs.js';
import { show, snapshot, spoil } from './generated/sameness.js';
import { type Recipe, recipes, toInstance } from './generated/values.js';

const CLASSES = 30;

interface Case {
  readonly plan: ClassPlan;
  readonly values: readonly Recipe[];
}

const cases: fc.Arbitrary<Case> = classPlans(2).chain((plan) => {
  const values = fc.array(recipes(plan), { minLength: 1, maxLength: 3 });
  return fc.record({ plan: fc.constant(plan), values });
});

/** Events as a handler was given them, attempt by attempt, by their ids. */
type Seen = Map<string, object[]>;

/** Fails twice at each event, having changed everything in it. */
function carelessReader(type: Type<object>, listenerName: string, seen: Seen): Provider {
  @Injectable()
  class Reader {
    @OnEvent(type, { listenerName, onError: 'dead_letter', maxAttempts: 2 })
    read(event: object, { id, payload }: EventMessage<object>): void {
      const attempts = seen.get(id) ?? [];
      seen.set(id, [...attempts, snapshot(event)]);
      expectSame(payload, event, 'the payload of the message is');
      spoil(event);
      if (attempts.length < 2) throw new Error('It fails at first.');
    }
  }
  return Reader;
}

async function handleAll(all: readonly Case[]): Promise<void> {
  const seen: Seen = new Map();
  const built = all.map(({ plan }) => buildClass(plan));
  const types = built.map(({ type }) => makeEvent(type));
  const names = types.map((_, i) => `reader${i}`);
  const readers = types.map((type, i) => carelessReader(type, names[i]!, seen));
  const { bus, recorder, get, close } = await startApplication(types, readers);
  const ids: string[][] = [];
  for (const [i, { values }] of all.entries()) {
    const instances = values.map((value) => toInstance(built[i]!, value));
    const fired = await Promise.all(instances.map((instance) => bus.fire(instance)));
    ids.push(fired.map(({ id }) => id));
  }
  await recorder.whenHandled({ timeoutMs: TIMEOUT_MS });
  const listeners = get(Listeners);
  for (const [i, name] of names.entries()) {
    expectSame(await listeners.redrive(name), all[i]?.values.length, 'driven again were');
  }
  await recorder.whenHandled({ timeoutMs: TIMEOUT_MS });
  await close();

  for (const [i, { plan, values }] of all.entries()) {
    for (const [j, value] of values.entries()) {
      const expected = toInstance(built[i]!, value);
      const attempts = seen.get(ids[i]![j]!) ?? [];
      const what = `of the class ${JSON.stringify(plan)}, with ${show(value)}, a handler saw`;
      expectSame(attempts, [expected, expected, expected], what);
    }
  }
}

describe('there and back again', () => {
  it(
    'each attempt is given the event that was fired, whatever the last one did to it, and a dead letter is that event',
    async () => {
      const batches = fc.array(cases, { minLength: CLASSES, maxLength: CLASSES });
      const property = fc.asyncProperty(batches, handleAll);
      // Shrinking a batch would take long, and tell less than the class that is named.
      const plugins = [fc.afterEach(forget)];
      await fc.assert(property, { ...runs(1 / CLASSES), endOnFailure: true, plugins });
    },
    TIMEOUT_MS,
  );
});
