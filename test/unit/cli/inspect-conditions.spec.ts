import { describe, expect, it } from '@jest/globals';
import { globToRegExp } from '../../../lib/cli/inspect/glob.js';
import { parseJsonPath } from '../../../lib/cli/inspect/json-path.js';
import { parseMoment } from '../../../lib/cli/inspect/moment.js';
import { parseVersionRange } from '../../../lib/cli/inspect/version-range.js';

describe('globToRegExp', () => {
  it.each([
    ['store.orders', 'store.orders', true],
    ['store.orders', 'storeXorders', false],
    ['store.*', 'store.orders', true],
    ['store.*', 'my.store.orders', false],
    ['*orders', 'store.orders', true],
    ['*', '', true],
    ['user_*ed', 'user_registered', true],
    ['user_*ed', 'user_registering', false],
    ['a+(b)[c]', 'a+(b)[c]', true],
    ['na*ve', 'naïve', true],
  ])('%s finds %s: %s', (pattern, name, found) => {
    expect(globToRegExp(pattern).test(name)).toBe(found);
  });
});

describe('parseVersionRange', () => {
  it.each([
    ['2', [2]],
    ['<2', [-1, 0, 1]],
    ['>2', [3]],
    ['<=2', [-1, 0, 1, 2]],
    ['>= 2', [2, 3]],
    ['-1', [-1]],
  ])('%s', (range, versions) => {
    expect([-1, 0, 1, 2, 3].filter(parseVersionRange(range))).toEqual(versions);
  });

  it.each(['', 'x', '=2', '<', '2.5', '>=two', '2 3', '<>1'])('refuses %j', (range) => {
    expect(() => parseVersionRange(range)).toThrow("Expected a version such as 2, '<3' or '>=2'.");
  });
});

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

describe('parseMoment', () => {
  const now = Date.parse('2024-05-10T12:00:00Z');

  it.each([
    ['10m', '2024-05-10T11:50:00.000Z'],
    ['2h', '2024-05-10T10:00:00.000Z'],
    ['3d', '2024-05-07T12:00:00.000Z'],
    ['1w', '2024-05-03T12:00:00.000Z'],
    ['90s', '2024-05-10T11:58:30.000Z'],
    ['500ms', '2024-05-10T11:59:59.500Z'],
    ['1d12h', '2024-05-09T00:00:00.000Z'],
    ['2024', '2024-01-01T00:00:00.000Z'],
    ['2024-05', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01T10:30', '2024-05-01T10:30:00.000Z'],
    ['2024-05-01 10:30', '2024-05-01T10:30:00.000Z'],
    ['2024-05-01T10:30:15.250Z', '2024-05-01T10:30:15.250Z'],
    ['2024-05-01T10:30+02:00', '2024-05-01T08:30:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseMoment(text, now)).toEqual(new Date(instant));
  });

  it.each(['1700000000000-0', '1700000000000', '10', '0-1', 'now'])('keeps %s', (text) => {
    expect(parseMoment(text, now)).toBe(text);
  });

  it.each(['', 'yesterday', '10x', 'm', '-5m', '5 m', '1-2-3', '2024-13-01', '2024-05-01T25:00'])(
    'refuses %j',
    (text) => expect(() => parseMoment(text, now)).toThrow('is no moment'),
  );
});
