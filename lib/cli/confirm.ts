import { createInterface } from 'node:readline/promises';
import { WrongUseError } from './command-error.js';

/**
 * Asks whether something that can't be undone is to be done. The question goes to standard error: standard output is
 * data.
 *
 * @param yes `--yes`: nobody is asked.
 * @returns whether the answer was yes.
 * @throws WrongUseError where there is no terminal on which somebody could be asked.
 */
export async function confirm(question: string, yes = false): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    throw new WrongUseError(
      `${question} Nobody can be asked, as this is no terminal: add --yes. Nothing was done.`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D are no.
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
