import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import ts from 'typescript';
import {
  fillListenerOptions,
  LISTENER_NAME,
  LISTENER_OPTIONS,
  type ListenerOverrides,
} from '../../lib/config/options/listener.options.js';
import { decide } from '../../lib/handling/failure-policy.js';

const SOURCE = 'lib/config/options/listener.options.ts';

/** What the declaration of an option says of it. */
export interface DocumentedOption {
  readonly name: string;
  /** Its TSDoc without tags, in Markdown. */
  readonly text: string;
  /** What its TSDoc calls its default; empty where it has none. */
  readonly default: string;
}

/** Every option of `@OnEvent`, its name first, as its TSDoc has it. */
export function documentedOptions(): DocumentedOption[] {
  const source = ts.createSourceFile(
    SOURCE,
    readFileSync(SOURCE, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  return ['OnEventOptions', 'ListenerOverrides'].flatMap((name) =>
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .filter((declaration) => declaration.name.text === name)
      .flatMap(({ members }) => members.map(describe)),
  );
}

function describe(member: ts.TypeElement): DocumentedOption {
  const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
  const tag = doc?.tags?.find(({ tagName }) => tagName.text === 'default');
  return {
    name: member.name?.getText() ?? '',
    text: ts.getTextOfJSDocComment(doc?.comment) ?? '',
    default: ts.getTextOfJSDocComment(tag?.comment) ?? '',
  };
}

/** The options of `@OnEvent` as a table, and how long a failing event is tried with some of them, as another one. */
export function renderListenerOptions(): string {
  return [
    renderOptions(),
    "How long `onError: 'dead_letter'` goes on, if the handler fails at once each time (by chance each wait is up to a half shorter):\n",
    renderLimits(),
  ].join('\n');
}

function renderOptions(): string {
  const declared = { listenerName: LISTENER_NAME, ...LISTENER_OPTIONS };
  const rows = documentedOptions().map(({ name, ...option }) => {
    const { expected } = declared[name as keyof typeof declared];
    return [`\`${name}\``, expected, code(option.default), inCell(option.text)];
  });
  return table(['Option', 'Value', 'Default', 'Meaning'], rows);
}

const LIMITS: readonly ListenerOverrides[] = [
  {},
  { maxAttempts: 5 },
  { maxAttempts: 10 },
  { maxAttempts: 20 },
  { maxAttempts: 40 },
  { retryFor: '1m' },
  { retryFor: '1h' },
  { retryFor: '1d', backoff: { initial: 1_000, max: 600_000 } },
];

function renderLimits(): string {
  const rows = LIMITS.map((limit) => {
    const [soonest, latest] = [lastAttempt(limit, 0), lastAttempt(limit, 1)];
    const said = Object.keys(limit).length === 0 ? 'neither limit' : `\`${inspect(limit)}\``;
    return [
      said,
      range(inWords(soonest.afterMs), inWords(latest.afterMs)),
      range(String(latest.attempts), String(soonest.attempts)),
    ];
  });
  return table(['Said', 'Last attempt after', 'Attempts'], rows);
}

/** The last attempt of a handler that fails at once, and waits each time as long as `random` says: from 0 to 1. */
export function lastAttempt(
  limit: ListenerOverrides,
  random: number,
): { readonly attempts: number; readonly afterMs: number } {
  const options = fillListenerOptions({ onError: 'dead_letter', ...limit });
  let [attempts, afterMs] = [1, 0];
  for (;;) {
    const failure = { error: undefined, attempt: attempts, failingMs: afterMs };
    const action = decide(options, failure, () => random);
    if (action.kind !== 'retry') return { attempts, afterMs };
    [attempts, afterMs] = [attempts + 1, afterMs + action.delayMs];
  }
}

function range(from: string, to: string): string {
  return from === to ? from : `${from} to ${to}`;
}

function inWords(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['s', 1_000];
  return `${Number((ms / size).toPrecision(2))} ${unit}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function code(value: string): string {
  return /^['\d{]/.test(value) ? `\`${value}\`` : value;
}

/** Paragraphs and lists of Markdown in a cell of a table. */
function inCell(text: string): string {
  return text
    .split(/\n\n|\n(?=- )/)
    .map((part) => part.replaceAll(/\s*\n\s*/g, ' ').trim())
    .join('<br>');
}
