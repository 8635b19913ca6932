import { Command } from 'ioredis';
import type { RedisClient } from './redis-connection.js';

/** What is sent with `sendCommand`. */
export type RedisCommand = Command;

const NONE: string[] = [];

/** Replies are texts. */
const AS_TEXT = { replyEncoding: 'utf8' } as const;

/**
 * A command, to be sent with `sendCommand`. Its arguments are a list: as those of a call, the fields of a large event
 * would overflow the stack.
 */
export function commandOf(name: string, args: string[] = []): Command {
  const command = new Command(name, NONE, AS_TEXT);
  // Given to the constructor it would be flattened, which costs a tenth of all that firing an event costs.
  command.args = args;
  return command;
}

/**
 * Sends commands as one transaction: in one turn, so that nothing comes between. (Measured: a third cheaper than a
 * pipeline of ioredis.)
 *
 * @returns their replies, among them the errors of commands that failed when all were carried out.
 * @throws what the client throws; its `previousErrors` say why nothing was carried out.
 */
export async function transaction(
  client: RedisClient,
  commands: readonly Command[],
): Promise<unknown[]> {
  const previousErrors: unknown[] = [];
  // What is awaited is the answer to EXEC, which comes last.
  const note = (error: unknown) => void previousErrors.push(error);
  const send = (command: Command) => client.sendCommand(command) as Promise<unknown>;
  try {
    send(commandOf('multi')).catch(note);
    for (const command of commands) send(command).catch(note);
  } catch (error) {
    // Too large to be written. What others send must not become a part of this: a command without arguments is
    // refused, and EXEC then discards all. (DISCARD would need a right of its own.)
    for (const name of ['xadd', 'exec']) send(commandOf(name)).catch(note);
    throw error;
  }
  try {
    return ((await send(commandOf('exec'))) as unknown[] | null) ?? [];
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { previousErrors }) : error;
  }
}
