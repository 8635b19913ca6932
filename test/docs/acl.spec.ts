import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SCRIPTS } from '../../lib/store/redis/scripts.generated.js';
import { SCRIPTS as SCHEMA_SCRIPTS } from '../../lib/schema/publication/scripts.generated.js';
import { ACL_GROUPS } from '../support/acl.js';

/** Sent by ioredis by itself, or put together so that no text in lib/ shows it. */
const UNSEEN = [...['info', 'select', 'client|setname', 'client|kill', 'client|tracking']];

const WITH_SUBCOMMANDS = ['client', 'cluster', 'config', 'memory', 'script', 'xgroup', 'xinfo'];

/** What is called on an ioredis client and is no command. */
const NO_COMMANDS = ['call', 'connect', 'disconnect', 'on', 'once'];

const PATTERNS = [
  // On a client: client.xinfo('GROUPS', …), client.call('xadd', …), and the commands of a transaction.
  /client\s*\.([a-z]+)\((?:\s*'([A-Za-z]+)')?/g,
  /client\s*\.call\(\s*'([A-Za-z]+)'/g,
  // commandOf('xadd', …), and send('evalsha', …) of a script.
  /\b(?:commandOf|send)\(\s*'([a-z]+)'/g,
  /\[\s*'(x[a-z]+)'/g,
];

function commandsIn(source: string): string[] {
  return PATTERNS.flatMap((pattern) => [...source.matchAll(pattern)])
    .map(([, name = '', next = '']) => [name.toLowerCase(), next.toLowerCase()] as const)
    .filter(([name]) => !NO_COMMANDS.includes(name))
    .map(([name, next]) => (WITH_SUBCOMMANDS.includes(name) ? `${name}|${next}` : name))
    .filter((command) => command !== 'client|');
}

function commandsOfTheModule(): Set<string> {
  const files = readdirSync('lib', { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts'));
  const inScripts = [...SCRIPTS, ...SCHEMA_SCRIPTS].flatMap((script) => script.commands);
  const commands = sources.flatMap((file) => commandsIn(readFileSync(`lib/${file}`, 'utf8')));
  return new Set([...commands, ...inScripts, ...UNSEEN]);
}

describe('the ACL of least privilege', () => {
  it('permits what the module sends, and nothing that it does not', () => {
    const permitted = ACL_GROUPS.flatMap(({ commands }) => commands);
    expect([...permitted].sort()).toEqual([...commandsOfTheModule()].sort());
  });
});
