import { beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { EventSerializationError, EventValidationError, FireError } from 'nestjs-lightbus';
import { type Application, startApplication } from './generated/application.js';
import { buildClass } from './generated/build-class.js';
import { damage, damages, type Damage } from './generated/damage.js';
import { type ClassPlan, classPlans, membersOf } from './generated/plan.js';
import {
  expectSame,
  forget,
  historyOf,
  register,
  schemaChecker,
  storedOf,
} from './generated/round-trip.js';
import { runs, TIMEOUT_MS } from './generated/runs.js';
import { show, snapshot, asSent } from './generated/sameness.js';
import { type Recipe, recipes, toInstance, toPayload } from './generated/values.js';

interface Case {
  readonly plan: ClassPlan;
  readonly broken: readonly {
    readonly isPayload: boolean;
    readonly value: Recipe;
    readonly damage: Damage;
  }[];
}

const cases: fc.Arbitrary<Case> = classPlans(2).chain((plan) => {
  const broken = fc.record({ isPayload: fc.boolean(), value: recipes(plan), damage: damages });
  const several = fc.array(broken, { minLength: 2, maxLength: 8 });
  return fc.record({ plan: fc.constant(plan), broken: several });
});

describe('an event with something wrong in it', () => {
  let application: Application;
  beforeAll(async () => (application = await startApplication()));

  async function refusedOrKept({ plan, broken }: Case): Promise<void> {
    const { bus } = application;
    const built = buildClass(plan);
    const type = register(application, built.type);
    const findWrong = schemaChecker(type);
    const expected: unknown[] = [];
    for (const { isPayload, value, damage: how } of broken) {
      const given = isPayload ? toPayload(built, value) : toInstance(built, value);
      const property = damage(given, how);
      const before = snapshot(given);
      const what = `${show(before)}, broken at ${property}`;
      try {
        const message = await (isPayload ? bus.fire(type, given) : bus.fire(given));
        // Of a payload something else may have been made: a number of '5'.
        expected.push(snapshot(isPayload ? message.payload : before));
      } catch (error) {
        if (property !== undefined) expectRefusal(error, property, plan, what);
      }
      expectSame(given, before, `what was given is changed: ${what}`);
    }
    const stored = await storedOf(application, type);
    expectSame(stored.length, expected.length, 'the number of stored events is');
    for (const parameters of stored) expectSame(findWrong(parameters), undefined, 'found wrong');
    const found = (await historyOf(application, type)).map(asSent);
    expectSame(found, expected.map(asSent), 'history has');
  }

  it(
    'is refused, naming the property, and stored nowhere; or it comes back as it was fired',
    async () => {
      const property = fc.asyncProperty(cases, refusedOrKept);
      await fc.assert(property, { ...runs(), plugins: [fc.afterEach(forget)] });
    },
    TIMEOUT_MS,
  );
});

function expectRefusal(error: unknown, property: string, plan: ClassPlan, what: string): void {
  if (!(error instanceof FireError)) throw new Error(`failed: ${what}`, { cause: error });
  expectSame(error.retry, 'never', `it may be fired again: ${what}`);
  if (!isNamed(error, property, plan)) {
    throw new Error(`the refusal does not name '${property}': ${what}`, { cause: error });
  }
}

function isNamed(error: FireError, property: string, plan: ClassPlan): boolean {
  if (error instanceof EventValidationError) {
    return error.properties.some(({ path }) => path.split('.')[0] === property);
  }
  // What can't be written may be named as it would be written.
  const wireName = membersOf(plan).find(({ name }) => name === property)?.exposed ?? property;
  const isAbout = (name: string) => error.message.includes(`'${name}`);
  return error instanceof EventSerializationError && (isAbout(property) || isAbout(wireName));
}
