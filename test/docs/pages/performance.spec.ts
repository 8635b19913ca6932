import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { commandsIn } from '../harness/commands.js';
import { page } from './performance.js';

describe('docs/performance.md', () => {
  it('is repeated by scripts and options that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const bench = readFileSync('test/bench/bench.mjs', 'utf8');
    const commands = commandsIn(page.code('sh', 'npm run bench'));
    expect(commands).toHaveLength(5);
    for (const words of commands) {
      expect(words.slice(0, 2)).toEqual(['npm', 'run']);
      expect(scripts).toHaveProperty([words[2] ?? '']);
      const options = words.slice(3).filter((word) => /^--\w/.test(word));
      for (const option of options) expect(bench).toContain(option.slice(2));
    }
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
