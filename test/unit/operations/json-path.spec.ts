import { describe, expect, it } from '@jest/globals';
import { parseJsonPath } from '../../../lib/operations/json-path.js';

describe('parseJsonPath', () => {
  const payload = {
    name: 'Ada',
    number: 5,
    text: '5',
    yes: true,
    nothing: null,
    formula: 'a=b',
    big: 12345678901234567890n,
    nan: NaN,
    address: { city: 'London', 'post.code': 1 },
    lines: [{ sku: 'teapot' }, { sku: 'cup' }],
  };

  it.each([
    'name=Ada',
    'number=5',
    'text=5',
    'yes=true',
    'nothing=null',
    'formula=a=b',
    'big=12345678901234567890',
    'nan=NaN',
    'address.city=London',
    '$.address.city=London',
    'lines.0.sku=teapot',
    'lines.*.sku=cup',
    'lines.1={"sku": "cup"}',
    'address.*=1',
  ])('finds %s', (path) => {
    expect(parseJsonPath(path)(payload)).toBe(true);
  });

  it.each([
    'name=ada',
    'number=6',
    'number=',
    'big=12345678901234567168',
    'address=London',
    'lines.sku=teapot',
    'lines.2.sku=teapot',
    'name.length=3',
    'constructor.name=Object',
    'missing.key=1',
    'missing=undefined',
  ])('does not find %s', (path) => {
    expect(parseJsonPath(path)(payload)).toBe(false);
  });

  it('wants every path to be found where there are several', () => {
    const both = parseJsonPath('number=5', parseJsonPath('name=Ada'));
    expect(both(payload)).toBe(true);
    expect(parseJsonPath('number=6', parseJsonPath('name=Ada'))(payload)).toBe(false);
    expect(both({ number: 5 })).toBe(false);
  });

  it.each(['', '=', '=5', 'name', 'a..b=1', '.a=1', 'a.=1'])('refuses %j', (path) => {
    expect(() => parseJsonPath(path)).toThrow('Expected a path into the payload and a value');
  });
});
