import { describeType } from '../../lib/config/checks/describe-type.js';
import { isRefusedByPython } from '../../lib/config/options/option.js';
import { declaredNodes, type DeclaredNode } from '../../lib/config/options/option-paths.js';

/** What is said about one key of the configuration. */
export interface OptionDescription {
  /** `apis.<api>.event_transport.redis.batch_size` */
  readonly path: string;
  /** In words, what it must be. */
  readonly type: string;
  /** As JSON; empty where the key is no single value. */
  readonly default: string;
  /** As JSON; empty where Python Lightbus has no default of its own. */
  readonly pythonDefault: string;
  /** Whether Python Lightbus refuses a configuration that holds the key. */
  readonly isRefusedByPython: boolean;
  /** `seconds`, `events`; empty where there is none. */
  readonly unit: string;
  readonly description: string;
  /** Whether the key has an effect in this module. */
  readonly used: boolean;
}

/** Every key of the configuration, in the order of the declaration. */
export function describeOptions(): OptionDescription[] {
  return declaredNodes().filter(isWorthARow).map(describeNode);
}

/** The table of the keys that have an effect, in Markdown. */
export function renderOptionsTable(): string {
  return renderTable(describeOptions().filter(({ used }) => used));
}

/** The table of the keys that are taken, and have none. */
export function renderOptionsWithoutEffect(): string {
  return renderTable(describeOptions().filter(({ used }) => !used));
}

function renderTable(options: readonly OptionDescription[]): string {
  const rows = options.map((option) => [
    code(option.path),
    option.unit === '' ? option.type : `${option.type} (${option.unit})`,
    code(option.default),
    option.isRefusedByPython ? '*refuses the key*' : code(option.pythonDefault),
    option.description,
  ]);
  const head = ['Key', 'Value', 'Default', 'Default in Python', 'Meaning'];
  return [head, head.map(() => '---'), ...rows].map(renderRow).join('\n') + '\n';
}

// Sections are described by what is in them, unless there is nothing, or another way to write them.
function isWorthARow({ schema, isSection }: DeclaredNode): boolean {
  const forms = schema.anyOf ?? [schema];
  const isEmpty = forms.some(
    ({ properties }) => properties && Object.keys(properties).length === 0,
  );
  return !isSection || isEmpty || forms.some(({ type }) => type === 'boolean');
}

function describeNode({ path, schema, facts, used }: DeclaredNode): OptionDescription {
  return {
    path,
    type: describeType(schema),
    default: asJson(facts?.default),
    pythonDefault: asJson(facts?.python),
    isRefusedByPython: isRefusedByPython(schema),
    unit: facts?.unit ?? '',
    description: facts?.description ?? '',
    used,
  };
}

function asJson(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
