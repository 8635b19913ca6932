import { writeFile } from 'node:fs/promises';
import { CommandError } from '../command-error.js';
import { Output } from '../output.js';

/** Writes a text to a file, or to standard output. @throws CommandError where that fails. */
export async function writeText(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) {
    await new Output(process.stdout).write(text);
    return;
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Nothing was written to ${file}: ${reason}`, { cause: error });
  }
}
