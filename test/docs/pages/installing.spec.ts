import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { commandsIn, unknownPackages } from '../harness/commands.js';
import { page } from './installing.js';

describe('docs/installing.md', () => {
  // That it works so in new applications of Nest 11 and 12 is tested in test/package.
  it('installs what package.json names, on the Node.js that it names', () => {
    for (const words of commandsIn(page.code('sh'))) expect(unknownPackages(words)).toEqual([]);
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      engines: { node: string };
    };
    expect(page.text).toContain(`| Node.js | ${engines.node.replace('>=', '')} or newer;`);
    expect(page.untaken()).toEqual([]);
  });
});
