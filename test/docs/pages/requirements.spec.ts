import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { commandsIn, unknownPackages } from '../harness/commands.js';
import { page } from './requirements.js';

describe('docs/requirements.md', () => {
  // Applications of each kind are built, bundled and run in test/package.
  it('installs what there is, and names the versions of package.json', () => {
    const [install = []] = commandsIn(page.code('sh'));
    expect(unknownPackages(install)).toEqual([]);
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      engines: { node: string };
      peerDependencies: Record<string, string>;
    };
    expect(page.text).toContain(`Node.js ${manifest.engines.node.replace('>=', '')} or newer`);
    const majors = manifest.peerDependencies['@nestjs/core']?.match(/(?<=\^)\d+/g);
    expect(page.text).toContain(`Nest ${majors?.join(' or ')}`);
  });

  it('has options of TypeScript that there are', () => {
    const { compilerOptions } = JSON.parse(page.code('json')) as { compilerOptions: object };
    expect(ts.convertCompilerOptionsFromJson(compilerOptions, '.').errors).toEqual([]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
