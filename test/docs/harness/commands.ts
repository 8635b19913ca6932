import { readFileSync } from 'node:fs';
import { lightbus, type CliOptions, type CliResult } from '../../e2e/cli-process.js';

/** The words of each command in a block of `sh`, without comments. A line may go on after `\`. */
export function commandsIn(code: string): string[][] {
  return code
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/** Words of a command line: quotes hold a word together, `#` begins a comment. */
function wordsOf(line: string): string[] {
  const tokens = line.matchAll(/\s*((?:'[^']*'|"[^"]*"|[^\s'"])+)/g);
  const words: string[] = [];
  for (const [, token = ''] of tokens) {
    if (token.startsWith('#')) break;
    words.push(token.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
}

/** Runs a line `npx lightbus ...` (or `lightbus ...`) by the built command, to its end. */
export function runLightbus(words: readonly string[], options?: CliOptions): Promise<CliResult> {
  const args = words[0] === 'npx' ? words.slice(1) : words;
  const [program, ...rest] = args;
  if (program !== 'lightbus') throw new Error(`'${words.join(' ')}' is no line of lightbus.`);
  return lightbus(rest, options);
}

/** What `npm install` names and this package doesn't have as itself, a peer, or for its own tests. */
export function unknownPackages([npm, install, ...names]: readonly string[]): string[] {
  if (npm !== 'npm' || !['install', 'i'].includes(install ?? '')) {
    throw new Error(`'${npm} ${install}' is not npm install.`);
  }
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, object>;
  const known = ['peerDependencies', 'dependencies', 'devDependencies'].flatMap((part) =>
    Object.keys(manifest[part] ?? {}),
  );
  return names.filter(
    (name) => !name.startsWith('-') && ![...known, 'nestjs-lightbus'].includes(name),
  );
}
