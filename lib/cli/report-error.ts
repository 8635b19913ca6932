import { CommanderError } from 'commander';
import { COMMAND_LINE_SOURCE } from '../config/checks/problems.js';
import { ConfigurationError } from '../errors.js';
import { printable } from '../wire/printable.js';
import { EXIT, WrongUseError } from './command-error.js';

/**
 * Says on stderr what went wrong: one line, except for a configuration with several mistakes, which
 * takes one line each.
 *
 * @param verbose adds the stack (`--log-level debug`).
 * @returns the exit code.
 */
export function reportError(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    // Help and version are errors to commander too. It has said already what there is to say.
    return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  }
  console.error(`error: ${describe(error)}`);
  if (verbose && error instanceof Error) console.error(error.stack);
  return isWrongUse(error) ? EXIT.wrongUse : EXIT.failed;
}

function isWrongUse(error: unknown): boolean {
  if (error instanceof WrongUseError) return true;
  const problems = error instanceof ConfigurationError ? error.problems : [];
  return problems.some(({ source }) => source === COMMAND_LINE_SOURCE);
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof ConfigurationError && error.problems.length > 1) return text;
  const lines = text.split('\n').map((line) => line.trim());
  return printable(lines.filter(Boolean).join(' '));
}
