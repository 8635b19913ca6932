import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('ARCHITECTURE', () => {
  it('says of every file of lib/ what it is for, and names none that is gone', () => {
    const text = readFileSync('ARCHITECTURE.md', 'utf8');
    const map = text.slice(text.indexOf('## Where everything is'), text.indexOf('## Invariants'));
    let room = '';
    const listed = map.split('\n').flatMap((line) => {
      room = /^- `(lib\/.*)`$/.exec(line)?.[1] ?? room;
      const [, file, purpose] = /^ {2}- `([^`]+)`: (.+)$/.exec(line) ?? [];
      return file && purpose ? [room + file] : [];
    });
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.([cm]?ts|m?js|lua)$/.test(file))
      .map((file) => `lib/${file}`);
    expect([...listed].sort()).toEqual([...files].sort());
  });
});
