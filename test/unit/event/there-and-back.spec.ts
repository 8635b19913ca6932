import { beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { EventValidationError } from 'nestjs-lightbus';
import { type MemoryApplication, startInMemory } from '../listener/memory-application.js';
import { buildClass } from './generated/build-class.js';
import { type ClassPlan, classPlans } from './generated/plan.js';
import {
  expectSame,
  forget,
  historyOf,
  register,
  schemaChecker,
  storedOf,
} from './generated/round-trip.js';
import { runs, TIMEOUT_MS } from './generated/runs.js';
import { deepFreeze, show, snapshot } from './generated/sameness.js';
import { type Recipe, recipes, toInstance, toPayload } from './generated/values.js';

const classesWithValues = classPlans(2).chain((plan) =>
  fc.record({
    plan: fc.constant(plan),
    values: fc.array(recipes(plan), { minLength: 1, maxLength: 3 }),
  }),
);

describe('there and back: any event of any class', () => {
  let application: MemoryApplication;
  beforeAll(async () => (application = await startInMemory({})));

  /** Fires each value in its own way; what comes back must be the instance that stands for it. */
  async function thereAndBack(
    plan: ClassPlan,
    values: readonly Recipe[],
    give: (built: ReturnType<typeof buildClass>, value: Recipe) => [object, object?],
  ): Promise<void> {
    const { bus } = application;
    const built = buildClass(plan);
    const type = register(application, built.type);
    const findWrong = schemaChecker(type);
    try {
      for (const [i, value] of values.entries()) {
        const given = give(built, value);
        const [first, payload] = given;
        const before = snapshot(payload ?? first);
        const fire = (id: string) =>
          payload ? bus.fire(type, payload, { id }) : bus.fire(first, { id });
        const message = await fire(`id${i}`).catch(rethrow);
        expectSame(payload ?? first, before, 'what was given is changed');
        const expected = toInstance(built, value);
        expectSame(message.payload, expected, 'the message of fire has');

        const again = await fire(`id${i}`).catch(rethrow);
        expectSame(again.nativeId, message.nativeId, 'fired again under its id, it is stored as');
        expectSame(payload ?? first, before, 'what was given is changed, firing it again');
      }
      const stored = await storedOf(application, type);
      expectSame(stored.length, values.length, 'the number of stored events is');
      for (const parameters of stored) {
        const wrong = findWrong(parameters);
        if (wrong !== undefined) throw new Error(wrong);
      }
      const expected = values.map((value) => toInstance(built, value));
      expectSame(await historyOf(application, type), expected, 'history has');
    } finally {
      forget();
    }
  }

  it.each<[string, Parameters<typeof thereAndBack>[2]]>([
    ['an instance', (built, value) => [toInstance(built, value)]],
    ['a plain payload', (built, value) => [built.type, toPayload(built, value)]],
    ['a frozen instance', (built, value) => [deepFreeze(toInstance(built, value))]],
    ['a frozen payload', (built, value) => [built.type, deepFreeze(toPayload(built, value))]],
  ])(
    'given as %s',
    async (_, give) => {
      await fc.assert(
        fc.asyncProperty(classesWithValues, ({ plan, values }) => thereAndBack(plan, values, give)),
        runs(),
      );
    },
    TIMEOUT_MS,
  );
});

function rethrow(error: unknown): never {
  if (!(error instanceof EventValidationError)) throw error;
  throw new Error(`refused: ${error.message} ${show(error.properties)}`, { cause: error });
}
