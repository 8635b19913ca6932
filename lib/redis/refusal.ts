import { ReplyError } from 'ioredis';

/** An error reply of Redis, as ioredis hands it over. */
export interface RefusedReply {
  readonly message: string;
  /** What was sent. */
  readonly command?: { readonly name: string; readonly args: readonly unknown[] };
  /** Which script that was, where `runScript` has sent it. */
  readonly script?: { readonly name: string; readonly commands: readonly string[] };
  /** Of a transaction that was discarded: why. */
  readonly previousErrors?: readonly RefusedReply[];
}

const HINT = "See 'Least privilege' in the README of nestjs-lightbus for what the user needs.";

/**
 * What Redis said when it refused a command; the first word is its error code. Where it leaves out
 * what was refused, that is added: the reason of a discarded transaction, the key that an ACL
 * protects, the commands that a script needs.
 */
export function describeRefusal(error: RefusedReply): string {
  const { message, command, script, previousErrors } = error;
  const [reason] = previousErrors ?? [];
  if (reason) return describeRefusal(reason);
  if (message.includes("The user executing the script can't")) {
    const what = message.includes("can't run")
      ? 'run one of its commands'
      : 'access one of its keys';
    return `NOPERM ${describeScript(script)}${keysOf(command)}: this user has no permissions to ${what}. ${HINT}`;
  }
  // Where in a script it was is no help, and would make one refusal look like several.
  if (!message.startsWith('NOPERM'))
    return message.replace(/ script: \w+, on @user_script:\d+\.?$/, '');
  return `${message}${keysOf(command)}. ${HINT}`;
}

function describeScript(script: RefusedReply['script']): string {
  if (!script) return 'in a script';
  const commands = script.commands.map((name) => name.toUpperCase().replace('|', ' '));
  return `in the script '${script.name}', which needs ${commands.join(', ')}`;
}

function keysOf(command: RefusedReply['command']): string {
  if (!command) return '';
  const { name, args } = command;
  if (/^eval(?:sha)?$/.test(name))
    return ` (keys: ${args.slice(2, 2 + Number(args[1])).join(', ')})`;
  // No more than the first arguments: what follows may be an event's data.
  return ` (${[name.toUpperCase(), ...args.slice(0, hasSubcommands(name) ? 2 : 1)].join(' ')})`;
}

function hasSubcommands(name: string): boolean {
  return /^(?:xgroup|xinfo|client|config|memory)$/i.test(name);
}

/** Whether Redis answered with an error: what was sent had no effect. */
export function isRefusal(error: unknown): error is Error & RefusedReply {
  return error instanceof ReplyError;
}
