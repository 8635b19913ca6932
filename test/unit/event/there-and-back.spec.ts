import { beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { EventValidationError } from 'nestjs-lightbus';
import { type Application, startApplication } from './generated/application.js';
import { buildClass, type BuiltClass } from './generated/build-class.js';
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

/** The ways in which an event can be given to `fire`. */
const GIVEN: Readonly<Record<string, (built: BuiltClass, value: Recipe) => object>> = {
  instance: toInstance,
  payload: toPayload,
  'frozen instance': (built, value) => deepFreeze(toInstance(built, value)),
  'frozen payload': (built, value) => deepFreeze(toPayload(built, value)),
};

interface Case {
  readonly plan: ClassPlan;
  readonly values: readonly { readonly as: string; readonly value: Recipe }[];
}

const cases: fc.Arbitrary<Case> = classPlans(2).chain((plan) => {
  const as = fc.constantFrom(...Object.keys(GIVEN));
  const values = fc.array(fc.record({ as, value: recipes(plan) }), { minLength: 2, maxLength: 4 });
  return fc.record({ plan: fc.constant(plan), values });
});

describe('there and back', () => {
  let application: Application;
  beforeAll(async () => (application = await startApplication()));

  async function thereAndBack({ plan, values }: Case): Promise<void> {
    const { bus } = application;
    const built = buildClass(plan);
    const type = register(application, built.type);
    const findWrong = schemaChecker(type);
    for (const [i, { as, value }] of values.entries()) {
      const given = GIVEN[as]!(built, value);
      const before = snapshot(given);
      const options = { id: `id${i}` };
      const fire = () =>
        (as.includes('instance') ? bus.fire(given, options) : bus.fire(type, given, options)).catch(
          rethrow,
        );
      const message = await fire();
      expectSame(given, before, 'what was given is changed');
      expectSame(message.payload, toInstance(built, value), 'the message of fire has');

      const again = await fire();
      expectSame(again.nativeId, message.nativeId, 'fired again under its id, it is stored as');
      expectSame(given, before, 'what was given is changed, firing it again');
    }
    const stored = await storedOf(application, type);
    expectSame(stored.length, values.length, 'the number of stored events is');
    for (const parameters of stored) expectSame(findWrong(parameters), undefined, 'found wrong');
    const expected = values.map(({ value }) => toInstance(built, value));
    expectSame(await historyOf(application, type), expected, 'history has');
  }

  it(
    'whatever event of whatever class is fired, history has its equal, and its schema is kept',
    async () => {
      const property = fc.asyncProperty(cases, thereAndBack);
      await fc.assert(property, { ...runs(), plugins: [fc.afterEach(forget)] });
    },
    TIMEOUT_MS,
  );
});

function rethrow(error: unknown): never {
  if (!(error instanceof EventValidationError)) throw error;
  throw new Error(`refused: ${error.message} ${show(error.properties)}`, { cause: error });
}
