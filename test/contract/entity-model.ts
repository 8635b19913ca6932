import { expect } from '@jest/globals';
import fc from 'fast-check';
import { ConcurrencyError } from '../../lib/fire-errors.js';
import type { EntityPlace, EntityRef, EventKeys } from '../../lib/store/entities.js';
import type { FlatFields } from '../../lib/store/entries.js';
import type { EventStore } from '../../lib/store/event-store.js';
import { deserialize } from '../../lib/wire/by-field.js';
import { keyTextOfJson } from '../../lib/wire/entity-key.js';
import { ALL, ids, KEEP_ALL, newStream } from './contract-fixtures.js';
import { counted } from './entity-fixtures.js';

/** A store, with what strangers do to its streams. */
export interface Subject {
  readonly store: EventStore;
  delete(stream: string, nativeIds: readonly string[]): Promise<void>;
  /** Deletes the index, or what services have told of it. @returns whether what they had told is forgotten. */
  deleteIndex(stream: string, what: 'index' | 'keys'): Promise<boolean>;
}

/** What services may know. */
const VERSIONS: readonly [EventKeys, ...EventKeys[]] = [
  new Map([['placed', 'orderId']]),
  new Map([
    ['placed', 'orderId'],
    ['paid', 'orderId'],
  ]),
  new Map([
    ['placed', 'id'],
    ['paid', 'orderId'],
  ]),
];

const ENTITIES = ['orderId', 'id'].flatMap((parameter) =>
  ['1', 'a', 'ü🚌'].map((key) => ({ parameter, key })),
);

/** A stream, and what is known of its entities by looking at all entries. */
class Model {
  readonly stream = newStream();
  readonly apiName = this.stream.slice(0, -'.*:stream'.length);
  ours = VERSIONS[0];
  private told = new Map<string, Set<string>>();

  constructor(readonly subject: Subject) {}

  get store(): EventStore {
    return this.subject.store;
  }

  async all(): Promise<string[]> {
    return ids(await this.store.range(this.stream, ALL));
  }

  async placesOf({ parameter, key }: EntityRef): Promise<EntityPlace[]> {
    for (const [event, one] of this.ours) {
      this.told.set(event, (this.told.get(event) ?? new Set()).add(one));
    }
    const entries = await this.store.range(this.stream, ALL);
    const found = entries.filter(({ nativeId, fields }) => {
      const content = deserialize(fields ?? [], this.stream, nativeId);
      if (content.kind !== 'event' || content.apiName !== this.apiName) return false;
      if (!this.told.get(content.eventName)?.has(parameter)) return false;
      const at = (fields ?? []).lastIndexOf(`:${parameter}`);
      return at >= 0 && keyTextOfJson(fields?.[at + 1] ?? '') === key;
    });
    return counted(ids(found));
  }

  async deleteIndex(what: 'index' | 'keys'): Promise<void> {
    if (await this.subject.deleteIndex(this.stream, what)) this.told = new Map();
  }
}

type Step = (model: Model) => Promise<void>;

const json = fc.constantFrom(
  ...['1', '1.0', '"1"', '"a"', ' "\\u0061"', '"\\u00fc\\ud83d\\ude8c"', '{', '01'],
);
const entry = fc
  .tuple(
    fc.constantFrom('placed', 'placed', 'paid', 'paid', 'shipped', ''),
    fc.constantFrom('ours', 'ours', 'ours', '', 'foreign'),
    fc.array(fc.tuple(fc.constantFrom(':orderId', ':orderId', ':id'), json), { maxLength: 3 }),
  )
  .map(([event, api, parameters]) => (apiName: string): FlatFields => [
    ...['event_name', event, 'api_name', api === 'ours' ? apiName : api, 'id', 'x'],
    ...parameters.flat(),
  ]);

const append = (count: { minLength: number; maxLength: number }) =>
  fc.array(entry, count).map((entries): Step => async ({ store, stream, apiName }) => {
    const fields = entries.map((one) => one(apiName));
    await store.append(stream, fields, KEEP_ALL);
  });

const appendExpecting = fc
  .tuple(fc.constantFrom(...ENTITIES), fc.constantFrom('any' as const, 0, 0, 1, -1), fc.uuid())
  .map(([entity, difference, id]): Step => async (model) => {
    const { store, stream, ours, apiName } = model;
    const event = [...ours].find(([, parameter]) => parameter === entity.parameter)?.[0];
    if (event === undefined) return;
    const size = (await model.placesOf(entity)).length;
    const version = difference === 'any' ? difference : size + difference;
    const parameter = [`:${entity.parameter}`, JSON.stringify(entity.key)];
    const fields = ['id', id, 'event_name', event, 'api_name', apiName, ...parameter];
    const expected = { keys: ours, entity, version };
    const outcome: unknown = await store
      .appendOnce(stream, [fields], { ...KEEP_ALL, onceWithinMs: 60_000, expected })
      .catch((error: unknown) => error);
    if (difference === 'any' || difference === 0) {
      expect(outcome).toMatchObject([{ sequence: size + 1 }]);
    } else {
      expect(outcome).toBeInstanceOf(ConcurrencyError);
      expect(outcome).toMatchObject({ actual: size });
    }
  });

const deletion = fc
  .tuple(fc.boolean(), fc.nat(20), fc.nat(3))
  .map(([isTrim, n, more]): Step => async (model) => {
    const all = await model.all();
    const gone = isTrim ? all.slice(0, n) : all.slice(n, n + more);
    if (gone.length > 0) await model.subject.delete(model.stream, gone);
  });

const look = fc
  .tuple(fc.constantFrom(...ENTITIES), fc.nat(200), fc.nat(200), fc.integer({ min: 1, max: 90 }))
  .map(([entity, from, to, count]): Step => async (model) => {
    const { store, stream, ours } = model;
    const places = await model.placesOf(entity);
    expect(await store.entityPlaces(stream, ours, entity, ALL)).toEqual(places);
    const all = await model.all();
    const range = { start: all[from] ?? '-', end: all[to] ?? '+', count };
    const within = new Set(ids(await store.range(stream, { ...range, count: ALL.count })));
    const inside = places.filter(({ nativeId }) => within.has(nativeId));
    expect(await store.entityPlaces(stream, ours, entity, range)).toEqual(inside.slice(0, count));
    const reverse = await store.entityPlaces(stream, ours, entity, { ...range, reverse: true });
    expect(reverse).toEqual(inside.reverse().slice(0, count));
  });

const step = fc.oneof(
  { weight: 6, arbitrary: append({ minLength: 1, maxLength: 9 }) },
  // More than a chunk of the index has.
  { weight: 1, arbitrary: append({ minLength: 150, maxLength: 150 }) },
  { weight: 5, arbitrary: appendExpecting },
  { weight: 2, arbitrary: deletion },
  {
    weight: 1,
    arbitrary: fc.constantFrom('index' as const, 'keys' as const).map(
      (what): Step =>
        (model) =>
          model.deleteIndex(what),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...VERSIONS).map((ours): Step => async (model) => {
      model.ours = ours;
    }),
  },
  { weight: 5, arbitrary: look },
);

/** Tries random steps, and compares what the store answers with what the model finds. */
export async function compareWithModel(subject: Subject, numRuns: number): Promise<void> {
  const steps = fc.array(step, { minLength: 5, maxLength: 30, size: 'max' });
  const property = fc.asyncProperty(steps, async (all) => {
    const model = new Model(subject);
    for (const one of all) await one(model);
  });
  await fc.assert(property, { numRuns });
}
