/**
 * Exit codes of the `lightbus` command.
 *
 * | code | meaning |
 * |---|---|
 * | 0 | done; for `run`: drained after SIGINT or SIGTERM |
 * | 1 | failed: could not load or start the application, could not reach Redis, the configuration or
 *       the environment is wrong, or a listener asked for shutdown |
 * | 2 | wrong use: unknown command or option, impossible value of an option, such as a file that can't be read |
 * | 130, 143 | `run` was stopped at once by a second SIGINT or SIGTERM |
 */
export const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;

/** The command can't do what it was asked to, for a reason that its message says in full. */
export class CommandError extends Error {}

/** What an option names can't be used: the exit code says so, which 1 of `--check` would not. */
export class WrongUseError extends CommandError {}
