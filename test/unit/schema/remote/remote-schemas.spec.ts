import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RemoteSchemas } from '../../../../lib/schema/remote/remote-schemas.js';
import { waitFor } from '../../../support/wait-for.js';

const TEXT = { type: 'string' };

const apiWith = (properties: object, eventName = 'placed') =>
  JSON.stringify({
    events: { [eventName]: { parameters: { type: 'object', properties } } },
    rpcs: {},
  });

const PLACED = { apiName: 'store.orders', eventName: 'placed' };

const opened: RemoteSchemas[] = [];

/** @param published what is there, by API; changed while it runs. */
function remote(
  published: Map<string, string | Error>,
  { ttl = 60, patience = 5 }: { readonly ttl?: number; readonly patience?: number } = {},
) {
  const warnings: string[] = [];
  const reads: string[] = [];
  const read = (apiName: string) => {
    reads.push(apiName);
    const found = published.get(apiName);
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  };
  const schemas = new RemoteSchemas({
    ...{ read, ttl, patience: () => patience },
    warn: (text) => warnings.push(text),
  });
  opened.push(schemas);
  return { schemas, warnings, reads };
}

afterEach(() => {
  opened.splice(0).forEach((schemas) => {
    schemas.close();
  });
});

describe('RemoteSchemas', () => {
  it('validate by what is published, which is read for the first event only', async () => {
    const { schemas, reads } = remote(new Map([['store.orders', apiWith({ a: TEXT })]]));

    const first = schemas.validate(PLACED, { a: 1 });

    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual([{ path: 'a', value: 1, constraints: { type: 'must be string' } }]);
    expect(schemas.validate(PLACED, { a: 'x' })).toEqual([]);
    expect(reads).toEqual(['store.orders']);
  });

  it('know nothing of an event that is not described', async () => {
    const { schemas, warnings } = remote(new Map([['store.orders', apiWith({})]]));

    for (const eventName of ['shipped', 'constructor', '__proto__', 'toString']) {
      expect(await schemas.validate({ ...PLACED, eventName }, {})).toBeUndefined();
    }
    expect(await schemas.validate({ ...PLACED, apiName: 'other' }, {})).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('read again, after 0.8 times the ttl, and take over what has changed and what is gone', async () => {
    const published = new Map<string, string | Error>([['store.orders', apiWith({ a: TEXT })]]);
    const { schemas } = remote(published, { ttl: 0.02 });
    expect(await schemas.validate(PLACED, { a: 1 })).toHaveLength(1);

    published.set('store.orders', apiWith({ a: { type: 'integer' } }));
    await waitFor(async () => (await schemas.validate(PLACED, { a: 1 }))?.length === 0);

    published.delete('store.orders');
    await waitFor(async () => (await schemas.validate(PLACED, { a: 1 })) === undefined);
  });

  it('keep what they have while Redis is away, say so once, and go on', async () => {
    const published = new Map<string, string | Error>([['store.orders', apiWith({ a: TEXT })]]);
    const { schemas, warnings, reads } = remote(published, { ttl: 0.01 });
    await schemas.validate(PLACED, {});

    published.set('store.orders', new Error('no connection'));
    const before = reads.length;
    await waitFor(() => reads.length > before + 3);

    expect(schemas.validate(PLACED, { a: 1 })).toHaveLength(1);
    expect(warnings).toEqual([
      expect.stringMatching(/'store\.orders' could not be read: no connection/),
    ]);

    published.set('store.orders', apiWith({ a: {} }));
    await waitFor(() => schemas.validate(PLACED, { a: 1 }) instanceof Array);
    await waitFor(async () => (await schemas.validate(PLACED, { a: 1 }))?.length === 0);
  });

  it('read nothing again and again where the ttl is longer than a timer can wait', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const { schemas } = remote(new Map([['store.orders', apiWith({})]]), {
      ttl: Number.MAX_SAFE_INTEGER,
    });

    await schemas.validate(PLACED, {});

    const waits = timers.mock.calls.map(([, ms]) => ms);
    timers.mockRestore();
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits.map(Number))).toBeLessThan(2 ** 31);
  });

  it('wait for the first answer no longer than the patience', async () => {
    const { schemas } = remote(new Map(), { patience: 0.01 });
    const silent = new RemoteSchemas({
      read: () => new Promise(() => undefined),
      ttl: 60,
      patience: () => 0.01,
      warn: () => undefined,
    });
    opened.push(silent);

    expect(await silent.validate(PLACED, {})).toBeUndefined();
    expect(silent.validate(PLACED, {})).toBeUndefined();
    expect(await schemas.validate(PLACED, {})).toBeUndefined();
  });

  it.each([
    ['', /it is no text, or far too long/],
    ['{not json', /it is no schema of an API/],
    ['[]', /it is no schema of an API/],
    ['{"events": []}', /it is no schema of an API/],
    [`{"events": {}, "x": "${'x'.repeat(1024 * 1024)}"}`, /longer than 1 MiB/],
    ['{"events": {"placed": {"parameters": {"type": "objekt"}}}}', /'store\.orders\.placed'.*type/],
    ['{"events": {"placed": {"parameters": 5}}}', /'store\.orders\.placed'.*no object/],
    ['{"events": {"placed": null}}', /'store\.orders\.placed'.*no object/],
    [apiWith({ a: { pattern: '^(x+)+$' } }), /'store\.orders\.placed'.*longer than 500 ms/],
  ])('ignore %j, with one warning', async (text, reason) => {
    const { schemas, warnings, reads } = remote(new Map([['store.orders', text]]), { ttl: 0.01 });

    const parameters = { a: `${'x'.repeat(40)}!` };
    for (let i = 0; i < 3; i++) expect(await schemas.validate(PLACED, parameters)).toBeUndefined();
    await waitFor(() => reads.length > 3);
    expect(await schemas.validateReceived(PLACED, parameters, { strict: false })).toEqual([]);

    expect(warnings).toEqual([expect.stringMatching(reason)]);
    const [found] = await schemas.validateReceived(PLACED, parameters, { strict: true });
    expect(found?.constraints.strictValidation).toMatch(/can't be used, as a warning has said/);
  });

  it('are overruled by those of a file', async () => {
    const { schemas } = remote(new Map([['store.orders', apiWith({ a: TEXT })]]));
    schemas.give({
      'store.orders': {
        events: { placed: { parameters: { properties: { a: { type: 'integer' } } } } },
        rpcs: {},
      },
    });

    expect(await schemas.validate(PLACED, { a: 1 })).toEqual([]);
  });

  it('take an event without a schema for valid, with one warning, or not at all by strict_validation', async () => {
    const { schemas, warnings } = remote(new Map());

    for (let i = 0; i < 3; i++)
      expect(await schemas.validateReceived(PLACED, {}, { strict: false })).toEqual([]);
    const found = await schemas.validateReceived(PLACED, {}, { strict: true });

    expect(warnings).toEqual([expect.stringMatching(/nothing describes 'store\.orders\.placed'/)]);
    expect(found).toEqual([
      {
        path: '',
        value: undefined,
        constraints: {
          strictValidation: expect.stringMatching(/strict_validation is on/) as unknown as string,
        },
      },
    ]);
  });
});
