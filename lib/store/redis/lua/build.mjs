/**
 * Turns the scripts of this folder into the module `../scripts.generated.ts`; and those of `lib/schema/publication`.
 *
 *     node build.mjs [--check] [folder]
 *
 * `--check` writes nothing, and fails where the module is not current.
 *
 * A script starts with a head that says what it does, and names `KEYS:`, `ARGV:` and `Reply:`. A line
 * `--- @include "name"` takes in `includes/name.lua`, each once. The commands that a script calls are
 * found in its text; one that is put together in a table is named by a line `-- @commands xadd`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const INCLUDE = /^--- @include "([\w-]+)"$/gm;
const COMMANDS = /^-- @commands (.+)$/gm;

/** A string, which is kept, or a comment, which is not. */
const STRING_OR_COMMENT =
  /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\[(=*)\[[^]*?\]\2\])|--\[(=*)\[[^]*?\]\3\]|--[^\n]*/g;

const CALL = /\bredis\.p?call\(\s*(?:'(\w+)'(?:,\s*'(\w+)')?)?/g;
const WITH_SUBCOMMANDS = /^(?:client|config|memory|object|script|xgroup|xinfo)$/;

const KEYWORDS = words(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while',
);
const GLOBALS = words(
  'ARGV KEYS cjson error ipairs math next pairs pcall redis select string table tonumber tostring type unpack',
);

function words(text) {
  return text.split(' ');
}

/** The text of a file and of what it includes, each file once. */
function resolve(path, taken = new Set()) {
  const text = readFileSync(path, 'utf8');
  return text.replace(INCLUDE, (_, name) => {
    if (taken.has(name)) return '';
    taken.add(name);
    const included = join(folder, 'includes', `${name}.lua`);
    if (!existsSync(included))
      throw new Error(`${path} includes '${name}', but there is no ${included}`);
    return resolve(included, taken);
  });
}

/** What Redis is sent: no comment, no blank line. */
function strip(text) {
  return text
    .replace(STRING_OR_COMMENT, (_, string) => string ?? '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

/** The comment that a file starts with. */
function headOf(path, text) {
  const [head] = /^(?:--(?!-).*\n)*/.exec(text);
  for (const name of ['KEYS:', 'ARGV:', 'Reply:']) {
    if (head.includes(`-- ${name} `)) continue;
    throw new Error(`${path}: its head names no '${name}' (a line '-- ${name} ...')`);
  }
  return head.replace(COMMANDS, '').replace(/^-- ?/gm, '').trim();
}

/**
 * Every name must be declared somewhere in the text, or be known to Redis's Lua. A name that is written
 * wrongly, or whose include is missing, would fail only where its line is run.
 */
function checkNames(path, lua) {
  const code = lua.replace(STRING_OR_COMMENT, "''");
  const declarations = [
    ...code.matchAll(/\blocal (?!function\b)([\w, ]+)/g),
    ...code.matchAll(/\bfor ([\w, ]+?)(?: in\b| ?=)/g),
    ...code.matchAll(/\bfunction *(\w*)/g),
    ...code.matchAll(/\bfunction *\w*\(([^)]*)\)/g),
  ];
  const declared = declarations.flatMap(([, names]) => names.match(/\w+/g) ?? []);
  const known = new Set([...declared, ...KEYWORDS, ...GLOBALS]);
  // Members (a.b, a:b) and the keys of a table ({ b = 1 }) are no variables.
  const used = code.replace(/(?<!\.)[.:][A-Za-z_]\w*|(?<=[{,]\s*)[A-Za-z_]\w*(?= *=(?!=))/g, '');
  const unknown = (used.match(/\b[A-Za-z_]\w*/g) ?? []).find((name) => !known.has(name));
  if (unknown)
    throw new Error(`${path}: '${unknown}' is declared nowhere (is an include missing?)`);
}

/** `xack`, or `xgroup|create`: what an ACL must permit. */
function commandsOf(path, text, lua) {
  const declared = [...text.matchAll(COMMANDS)].flatMap(([, names]) => names.split(/[\s,]+/));
  const called = [...lua.matchAll(CALL)].flatMap(([call, name, subcommand = '']) => {
    const command = name?.toLowerCase();
    if (command)
      return WITH_SUBCOMMANDS.test(command) ? `${command}|${subcommand.toLowerCase()}` : command;
    if (declared.length > 0) return [];
    throw new Error(`${path}: '${call}' names no command; say which in a line '-- @commands ...'`);
  });
  return [...new Set([...called, ...declared])].sort();
}

function moduleOf(names) {
  const constants = names.map((name) => {
    const path = join(folder, `${name}.lua`);
    const source = readFileSync(path, 'utf8');
    const text = resolve(path);
    const lua = strip(text);
    checkNames(path, lua);
    const constant = name.toUpperCase().replaceAll('-', '_');
    const doc = headOf(path, source)
      .split('\n')
      .map((line) => ` * ${line}`.trimEnd());
    const commands = commandsOf(path, text, lua).map((command) => `'${command}'`);
    return [
      '/**',
      ...doc,
      ' */',
      `export const ${constant}: Script = {`,
      `  name: '${name}',`,
      `  sha: '${createHash('sha1').update(lua).digest('hex')}',`,
      `  commands: [${commands.join(', ')}],`,
      `  lua: \`${lua.replace(/[\\`]|\$\{/g, '\\$&')}\`,`,
      '};',
      '',
    ].join('\n');
  });
  const all = names.map((name) => `  ${name.toUpperCase().replaceAll('-', '_')},`);
  return [
    '// Made by lua/build.mjs from lua/*.lua: change those, and run `npm run build:lua`.',
    "import type { Script } from '../../redis/script.js';",
    '',
    ...constants,
    '/** All of them. */',
    'export const SCRIPTS: readonly Script[] = [',
    ...all,
    '];',
    '',
  ].join('\n');
}

const isCheck = process.argv[2] === '--check';
const given = process.argv[isCheck ? 3 : 2];
const ownFolders = [
  import.meta.dirname,
  join(import.meta.dirname, '..', '..', '..', 'schema', 'publication', 'lua'),
];

function buildModule() {
  const target = join(folder, '..', 'scripts.generated.ts');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => file.slice(0, -'.lua'.length))
    .sort();
  const module = moduleOf(names);
  const isCurrent = existsSync(target) && readFileSync(target, 'utf8') === module;
  if (isCheck && !isCurrent) throw new Error(`${target} is not current: run 'npm run build:lua'`);
  // Left alone where nothing has changed: what is built from lib/ looks at the times of its files.
  if (!isCurrent) writeFileSync(target, module);
}

let folder;
try {
  for (folder of given === undefined ? ownFolders : [given]) buildModule();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
