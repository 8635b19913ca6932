import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { LISTENER_NAME, LISTENER_OPTIONS } from '../../lib/config/options/listener.options.js';

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

/** The README's table of the options of `@OnEvent`. */
export function renderListenerOptions(): string {
  const declared = { listenerName: LISTENER_NAME, ...LISTENER_OPTIONS };
  const rows = documentedOptions().map(({ name, ...option }) => {
    const { expected } = declared[name as keyof typeof declared];
    return [`\`${name}\``, expected, code(option.default), inCell(option.text)];
  });
  const head = ['Option', 'Value', 'Default', 'Meaning'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function code(value: string): string {
  return /^['\d]/.test(value) ? `\`${value}\`` : value;
}

/** Paragraphs and lists of Markdown in a cell of a table. */
function inCell(text: string): string {
  return text
    .split(/\n\n|\n(?=- )/)
    .map((part) => part.replaceAll(/\s*\n\s*/g, ' ').trim())
    .join('<br>');
}
