import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { portablePattern } from '../../../../lib/event/schema/pattern/portable-pattern.js';

const PYTHON = `
import json, re, sys
found = []
for pattern, texts in json.load(sys.stdin):
    try:
        compiled = re.compile(pattern)
        found.append([compiled.search(text) is not None for text in texts])
    except Exception as error:
        found.append(str(error))
json.dump(found, sys.stdout)
`;

const atoms = fc.constantFrom(
  ...['a', 'Z', 'k', '1', '_', '-', '#', '&', '~', ' ', '\\n', '\\t', '\\/', '\\.', '\\-', '\\\\'],
  ...['.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\u00e9', '\\u2028', '\\x1f', '\\0', '\\cA'],
  ...['[a-c]', '[^a-c]', '[\\w-]', '[^\\s]', '[]', '[^]', '[[&&~]', '[#--]', '[\\]^]', '[\\b]'],
  ...['\\b', '\\B', '^', '$', '(?=a)', '(?!a)', '(?<n>a)', '😀', 'é'],
);
const counts = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '{2}',
  '{0,1}',
  '{1,}',
  '{0}',
);
const { source: sources } = fc.letrec<{ source: string; part: string }>((tie) => ({
  source: fc
    .array(fc.array(tie('part'), { maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((all) => all.map((parts) => parts.join('')).join('|')),
  part: fc
    .tuple(
      fc.oneof(
        { maxDepth: 2 },
        atoms,
        tie('source').map((inner) => `(?:${inner})`),
        tie('source').map((inner) => `(${inner})`),
      ),
      counts,
    )
    .map(([one, count]) => `${one}${count}`),
}));
const flags = fc.constantFrom('', 'u', 'i', 'iu', 'm', 's', 'mu');
const characters = fc.constantFrom(
  ...[
    'a',
    'b',
    'A',
    'Z',
    'k',
    'K',
    '\u212a',
    's',
    '\u017f',
    '1',
    '\u0661',
    '_',
    '-',
    '#',
    '&',
    '~',
  ],
  ...['\n', '\r', '\u2028', '\u0085', '\u001c', '\ufeff', '\u00a0', ' ', '\t', '/', '.', '\\', '['],
  ...[']', '^', 'é', '\u0000', '\u0001', '\b', '\u001f', '😀', '𝒳'],
);
const texts = fc.array(
  fc.array(characters, { maxLength: 5 }).map((all) => all.join('')),
  { minLength: 8, maxLength: 8 },
);

const hasPython = spawnSync('python3', ['-c', 'import re']).status === 0;

// Skipped where there is no Python.
(hasPython ? describe : describe.skip)('a portable pattern', () => {
  it('finds in Python what it finds in JavaScript, and what its regular expression finds', () => {
    const cases = fc
      .sample(fc.tuple(sources, flags, texts), Number(process.env.PATTERNS ?? 3000))
      .flatMap(([source, flag, given]) => {
        let expression: RegExp;
        try {
          expression = new RegExp(source, flag);
        } catch {
          return [];
        }
        const portable = portablePattern(expression);
        return portable ? [{ expression, portable, given }] : [];
      });
    expect(cases.length).toBeGreaterThan(100);
    const { stdout, stderr } = spawnSync('python3', ['-W', 'error', '-c', PYTHON], {
      input: JSON.stringify(cases.map(({ portable, given }) => [portable.pattern, given])),
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
    expect(stderr).toBe('');
    const inPython = JSON.parse(stdout) as unknown[];
    const wrong = cases.flatMap(({ expression, portable, given }, i) => {
      const { pattern, isExact } = portable;
      const python = inPython[i];
      const found = given.map((text) => new RegExp(pattern, 'u').test(text));
      const original = given.map((text) => expression.test(text));
      const isSame =
        JSON.stringify(python) === JSON.stringify(found) &&
        found.every((one, j) => one === original[j] || (!isExact && !one));
      return isSame ? [] : [{ expression: String(expression), pattern, given, python, original }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});
