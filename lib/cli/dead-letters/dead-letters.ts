import { letterTest } from '../../operations/dead-letter-filter.js';
import { readDeadLetters } from '../../operations/read-dead-letters.js';
import { describeOutlook, readRedriveOutlook } from '../../operations/redrive-outlook.js';
import { discardDeadLetters, redriveDeadLetters } from '../../operations/redrive-dead-letters.js';
import { CommandError, WrongUseError } from '../command-error.js';
import { confirm } from '../confirm.js';
import { Output } from '../output.js';
import type { DeadLettersOptions, DiscardOptions } from './dead-letters-options.js';
import { count } from '../for-people.js';
import { withSources, type Letters } from './with-sources.js';

const NOT_REDRIVEN =
  'are not there (any more), their original entries have been deleted, or somebody else has put them there';

/** `lightbus deadletters redrive`. @throws ConfigurationError, CommandError, TransportError */
export async function redriveLetters(
  listener: string,
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<void> {
  checkSelection(ids, options);
  await withSources(listener, options, async (letters) => {
    const { sources, filter, isFiltered, warn } = letters;
    const wanted = isFiltered ? letterTest(filter) : ids.length > 0 ? ids : undefined;
    const redriven = await redriveDeadLetters(sources, wanted, warn);
    const output = new Output(process.stdout);
    await output.write(`redriven: ${redriven}\n`);
    if (redriven > 0) await tellWhen(letters, output);
    checkAll(ids, redriven, 'redriven', NOT_REDRIVEN);
  });
}

/** To people; to scripts, standard output is how many there were. */
async function tellWhen({ sources, logger }: Letters, output: Output): Promise<void> {
  const when = describeOutlook(await readRedriveOutlook(sources));
  if (process.stdout.isTTY) await output.write(`${when}\n`);
  else logger.write('info', when);
}

/** `lightbus deadletters discard`. @throws ConfigurationError, CommandError, TransportError */
export async function discardLetters(
  listener: string,
  ids: readonly string[],
  options: DiscardOptions,
): Promise<void> {
  if (!checkSelection(ids, options)) {
    throw new WrongUseError(
      "Nothing says which dead letters are to be discarded: name their ids, or give --error or --event. See 'lightbus deadletters list'.",
    );
  }
  await withSources(listener, options, async (letters) => {
    const output = new Output(process.stdout);
    if (letters.isFiltered) {
      await output.write(`discarded: ${await discardMeant(letters, options)}\n`);
      return;
    }
    const discarded = await discardDeadLetters(letters.sources, ids);
    await output.write(`discarded: ${discarded}\n`);
    checkAll(ids, discarded, 'discarded', 'are not there (any more)');
  });
}

/** Those that were counted, not those that come while somebody thinks. @returns how many. */
async function discardMeant(
  { sources, filter, warn }: Letters,
  { yes }: DiscardOptions,
): Promise<number> {
  const isMeant = letterTest(filter);
  let [found, upTo] = [0, ''];
  for await (const letter of readDeadLetters(async () => sources, {}, warn)) {
    if (!isMeant(letter)) continue;
    found++;
    upTo = letter.id;
  }
  if (found === 0) return 0;
  const question = `Discard ${count(found, 'dead letter')} for good? The original entries stay.`;
  if (!(await confirm(question, yes))) return 0;
  return discardDeadLetters(sources, letterTest({ ...filter, upTo }));
}

/** @returns whether anything says which. */
function checkSelection(
  ids: readonly string[],
  { error, event }: Pick<DeadLettersOptions, 'error' | 'event'>,
): boolean {
  const isFiltered = error !== undefined || event !== undefined;
  if (!isFiltered || ids.length === 0) return isFiltered || ids.length > 0;
  throw new WrongUseError('Name ids of dead letters, or give --error or --event: not both.');
}

function checkAll(ids: readonly string[], done: number, what: string, why: string): void {
  const asked = new Set(ids).size;
  if (done >= asked) return;
  throw new CommandError(
    `Only ${done} of ${asked} dead letters were ${what}: the others ${why}. See 'lightbus deadletters list'.`,
  );
}
