import { describe, expect, it } from '@jest/globals';
import { describeWithPlace, describeError, stackOf } from '../../../lib/handling/describe-error.js';
import { THROWN_VALUES } from './thrown-values.js';

/** As Node throws it where a host has several addresses: without a message. */
function refusedByEach(): Error {
  const errors = ['::1', '127.0.0.1'].map((address) => new Error(`refused ${address}`));
  return Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
}

function cyclicError(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}

describe('describeError', () => {
  it.each(Object.keys(THROWN_VALUES))('tells %s in words, and never throws', (name) => {
    const thrown = THROWN_VALUES[name];
    const text = describeError(thrown);
    expect(typeof text).toBe('string');
    expect(JSON.parse(JSON.stringify({ text }))).toEqual({ text });
    const stack = stackOf(thrown);
    expect(['undefined', 'string']).toContain(typeof stack);
  });

  it.each([
    [new Error('no stock'), 'no stock'],
    [new TypeError(''), 'TypeError'],
    ['plain words', 'plain words'],
    [undefined, 'a thrown value that is no Error: undefined'],
    [null, 'a thrown value that is no Error: null'],
    [{ code: 42 }, 'a thrown value that is no Error: { code: 42 }'],
    [Symbol('sign'), 'a thrown value that is no Error: Symbol(sign)'],
    [10n, 'a thrown value that is no Error: 10n'],
    [Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'Error [ECONNREFUSED]'],
    [new Error('not saved', { cause: new Error('no disk') }), 'not saved (cause: no disk)'],
    [new Error('not saved: no disk', { cause: new Error('no disk') }), 'not saved: no disk'],
    [new Error('', { cause: new Error('no disk') }), 'Error (cause: no disk)'],
    [new Error('not saved', { cause: 'no error' }), 'not saved'],
    [new AggregateError([new Error('one'), new Error('two')]), 'AggregateError: one; two'],
    [new AggregateError([new Error('one')], 'all failed'), 'all failed'],
    [refusedByEach(), 'AggregateError [ECONNREFUSED]: refused ::1; refused 127.0.0.1'],
    [
      new Error('no database', { cause: refusedByEach() }),
      'no database (cause: AggregateError [ECONNREFUSED]: refused ::1; refused 127.0.0.1)',
    ],
    [cyclicError(), 'round'],
  ])('of %p is %j', (thrown, words) => {
    expect(describeError(thrown)).toBe(words);
  });

  it('is bounded', () => {
    const huge = 'x'.repeat(1_000_000);
    expect(describeError(new Error(huge)).length).toBeLessThan(10_100);
    expect(describeError({ huge }).length).toBeLessThan(10_100);
    expect(stackOf(Object.assign(new Error(), { stack: huge }))!.length).toBeLessThan(10_100);
  });

  it('tells the stacks of causes, too', () => {
    const thrown = new Error('not saved', { cause: new Error('no disk') });
    expect(stackOf(thrown)).toMatch(/^Error: not saved\n {4}at .*\nCaused by: Error: no disk\n/s);
    expect(stackOf(cyclicError())).not.toContain('Caused by');
  });

  it('keeps the stack of an error', () => {
    expect(stackOf(new Error('no stock'))).toMatch(/^Error: no stock\n.*describe-error\.spec/s);
    expect(stackOf({ stack: 'text' })).toBeUndefined();
  });
});

describe('describeWithPlace', () => {
  it('names the first place that is of the application', () => {
    const error = new TypeError('no quantity');
    error.stack = [
      'TypeError: no quantity',
      '    at parse (node:internal/url:1:2)',
      '    at Pool.query (/app/node_modules/pg/index.js:7:3)',
      '    at Stock.reserve (file:///app/dist/stock.js:41:27)',
      '    at Stock.handle (/app/dist/stock.js:12:5)',
    ].join('\n');
    expect(describeWithPlace(error)).toBe(
      'no quantity (at Stock.reserve (file:///app/dist/stock.js:41:27))',
    );
  });

  it.each([
    ['what is no error', 'gone', 'gone'],
    ['a stack that is none', Object.assign(new Error('gone'), { stack: 7 }), 'gone'],
    ['a stack of others', Object.assign(new Error('gone'), { stack: 'at x (node:y:1:2)' }), 'gone'],
  ])('leaves it out of %s', (_, thrown, text) => {
    expect(describeWithPlace(thrown)).toBe(text);
  });
});
