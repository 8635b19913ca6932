import { letterTest } from '../../operations/dead-letter-filter.js';
import {
  groupDeadLetters,
  pickDeadLetters,
  type DeadLetterGroups,
  type Looked,
} from '../../operations/dead-letter-groups.js';
import type { DeadLetter } from '../../operations/dead-letter.js';
import { readDeadLetters } from '../../operations/read-dead-letters.js';
import { printable } from '../../wire/printable.js';
import { brief } from '../brief.js';
import { Output } from '../output.js';
import type { ListOptions } from './dead-letters-options.js';
import { count, widthForPeople } from '../for-people.js';
import { formatGroup, formatLetter } from './format-letter.js';
import { withSources, type Letters } from './with-sources.js';

/** How many letters people are shown at a time, if they don't say. */
const PAGE = 10;

/** `lightbus deadletters list`. @throws ConfigurationError, CommandError, TransportError */
export async function listDeadLetters(listener: string, options: ListOptions): Promise<void> {
  const output = new Output(process.stdout);
  const format = options.format ?? (process.stdout.isTTY ? 'human' : 'json');
  await withSources(listener, options, async (letters) => {
    const reading = readDeadLetters(
      async () => letters.sources,
      { after: options.after },
      letters.warn,
    );
    if (options.by) await listErrors(listener, reading, letters, { ...options, format }, output);
    else if (format === 'human') await listForPeople(listener, reading, letters, options, output);
    else await listLines(reading, letters, options, output);
  });
}

/** A line of JSON each, as they are read. */
async function listLines(
  reading: AsyncIterable<DeadLetter>,
  { filter }: Letters,
  { limit = Infinity }: ListOptions,
  output: Output,
): Promise<void> {
  const isMeant = letterTest(filter);
  let printed = 0;
  for await (const letter of reading) {
    if (!isMeant(letter)) continue;
    await output.write(`${printable(JSON.stringify(letter))}\n`);
    if (output.closed.aborted || ++printed === limit) return;
  }
}

async function listForPeople(
  listener: string,
  reading: AsyncIterable<DeadLetter>,
  letters: Letters,
  options: ListOptions,
  output: Output,
): Promise<void> {
  const page = await pickDeadLetters(reading, letters.filter, options.limit ?? PAGE);
  const shown = page.letters.map((letter) => formatLetter(letter, widthForPeople(), new Date()));
  if (shown.length === 0) shown.push(describeNone(listener, page, letters, options));
  const more = page.next === null ? [] : [describeMore(page.next, options)];
  await output.write(`${[...shown, ...more].join('\n\n')}\n`);
}

async function listErrors(
  listener: string,
  reading: AsyncIterable<DeadLetter>,
  letters: Letters,
  options: ListOptions,
  output: Output,
): Promise<void> {
  const found = await groupDeadLetters(reading, letters.filter);
  const isAtLeast = found.next !== null;
  const groups = found.groups.slice(0, options.limit);
  const hint = [
    ...describeLook(found),
    ...(found.groups.length > groups.length
      ? [`There are ${found.groups.length} errors: add a larger --limit.`]
      : []),
  ];
  if (options.format === 'json') {
    for (const group of groups)
      await output.write(`${printable(JSON.stringify({ ...group, isAtLeast }))}\n`);
    hint.forEach(letters.warn);
    return;
  }
  const shown = groups.map((group) => formatGroup(group, isAtLeast, widthForPeople(), new Date()));
  if (shown.length === 0) shown.push(describeNone(listener, found, letters, options));
  else hint.push("'list', 'redrive' and 'discard' take those of one error: --error ID");
  await output.write(`${[...shown, hint.join('\n')].filter(Boolean).join('\n\n')}\n`);
}

function describeMore(next: string, { error }: ListOptions): string {
  const more = `There are more: add --after ${next}`;
  return error === undefined ? `${more}; or count them by their errors: --by error` : more;
}

function describeLook({ looked, next }: DeadLetterGroups): string[] {
  if (next === null) return [];
  return [`These are the errors of the first ${looked}; there are more: add --after ${next}`];
}

function describeNone(
  listener: string,
  { looked }: Looked,
  { isFiltered }: Letters,
  { after }: ListOptions,
): string {
  const since = after === undefined ? '' : ` after ${after}`;
  const name = brief(listener, 40);
  if (looked === 0) return `There are no dead letters of '${name}'${since}.`;
  return isFiltered
    ? `None of ${count(looked, 'dead letter')} of '${name}'${since} is of that error or event.`
    : `No dead letter of '${name}' is to be shown.`;
}
