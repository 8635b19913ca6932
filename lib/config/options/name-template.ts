import { hostname } from 'node:os';
import { randomBytes, randomInt } from 'node:crypto';
import { describeFound, shorten } from '../checks/describe-found.js';
import { nearestTo } from '../checks/nearest-key.js';
import type { Violation } from './option.js';

/** Values of the placeholders, made once per process so that every name agrees. */
export type Placeholders = ReadonlyMap<string, string>;

const PLACEHOLDERS: Readonly<Record<string, () => string>> = {
  hostname: () => hostname().toLowerCase(),
  pid: () => String(process.pid),
  random4: () => randomLetters(4),
  random8: () => randomLetters(8),
  random16: () => randomLetters(16),
  friendly: friendlyName,
};

const EXPECTED =
  'a name: text without control characters, not empty; it may hold ' +
  Object.keys(PLACEHOLDERS)
    .map((name) => `{${name}}`)
    .join(', ');

/** Rule for service and process names. They become names of consumer groups and consumers. */
export function checkNameTemplate(template: string): Violation | undefined {
  const unknown = unknownPlaceholder(template);
  if (unknown !== undefined) {
    const near = nearestTo(unknown, Object.keys(PLACEHOLDERS));
    const found = `the unknown placeholder {${shorten(unknown)}}`;
    return { expected: EXPECTED, found, nearest: near && `{${near}}` };
  }
  const fault = faultOf(template);
  if (fault === undefined) return undefined;
  return { expected: EXPECTED, found: `${describeFound(template)} (${fault})` };
}

function unknownPlaceholder(template: string): string | undefined {
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  return names.find((name) => !Object.hasOwn(PLACEHOLDERS, name));
}

function faultOf(template: string): string | undefined {
  if (template.trim() === '') return 'an empty name';
  if (template !== template.trim()) return 'white space at an end';
  if (/\p{Cc}/u.test(template)) return 'a control character';
  if (/[{}]/.test(template.replace(/\{[^{}]*\}/g, ''))) return 'a brace without its partner';
  return undefined;
}

/** Whether the name differs at every start. */
export function isRandomName(template: string): boolean {
  return /\{(random\d+|friendly)\}/.test(template);
}

/** Values for all placeholders. Make them once, and every name of a process fits the others. */
export function makePlaceholders(): Placeholders {
  return new Map(Object.entries(PLACEHOLDERS).map(([name, make]) => [name, make()]));
}

/** Puts values in the place of placeholders. The template has passed {@link checkNameTemplate}. */
export function expandName(template: string, placeholders: Placeholders): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => placeholders.get(name) ?? whole);
}

function randomLetters(length: number): string {
  return Array.from(randomBytes(length), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

function friendlyName(): string {
  return `${pick(ADJECTIVES)}-${pick(NOUNS)}-${randomInt(1000)}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const ADJECTIVES = (
  'amber bold brave bright brisk calm clear cosy crisp eager early fair fresh gentle glad golden ' +
  'green happy keen kind late light lively lucky merry mild neat nimble pale plain proud quick ' +
  'quiet rapid rare ready rosy shy silent silver smooth soft spry steady still sunny swift tidy ' +
  'warm wise'
).split(' ');

const NOUNS = (
  'acorn badger bay beech birch brook cedar cliff cloud clover coral creek dawn dune elm falcon ' +
  'fern field finch fjord forest frost garden glade harbour hazel heron hill island lake lark ' +
  'maple meadow moon moss oak otter pebble pine rain reed river robin shore sky snow star stone ' +
  'wave willow'
).split(' ');
