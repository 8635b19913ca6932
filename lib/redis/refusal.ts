import { ReplyError } from 'ioredis';

/** An error reply of Redis, as ioredis hands it over. */
export interface RefusedReply {
  readonly message: string;
  /** What was sent. */
  readonly command?: { readonly name: string; readonly args: readonly unknown[] };
  /** Of a transaction that was discarded: why. */
  readonly previousErrors?: readonly RefusedReply[];
}

const HINT = "See 'Least privilege' in the README of nestjs-lightbus for what the user needs.";

/**
 * What Redis said when it refused a command; the first word is its error code. Where it leaves out
 * what was refused, that is added: the reason of a discarded transaction, the key that an ACL
 * protects, the command within a script that it forbids.
 */
export function describeRefusal(error: RefusedReply): string {
  const { message, command, previousErrors } = error;
  const [reason] = previousErrors ?? [];
  if (reason) return describeRefusal(reason);
  if (message.includes("The user executing the script can't")) {
    const what = message.includes("can't run") ? 'run it' : 'access one of its keys';
    const call = callInScript(String(command?.args[0]), message);
    return `NOPERM ${call} in a script${keysOf(command)}: this user has no permissions to ${what}. ${HINT}`;
  }
  // Where in a script it was is no help, and would make one refusal look like several.
  if (!message.startsWith('NOPERM'))
    return message.replace(/ script: \w+, on @user_script:\d+\.?$/, '');
  return `${message}${keysOf(command)}. ${HINT}`;
}

// Redis 7 says only in which line it was; and not even that of a redis.pcall, whose error is returned.
function callInScript(script: string, message: string): string {
  const [, line] = /@user_script:(\d+)/.exec(message) ?? [];
  const text = line ? script.split('\n')[Number(line) - 1] : /redis\.pcall.*/.exec(script)?.[0];
  const literal = /redis\.p?call\('(\w+)'(?:, '(\w+)')?/.exec(text ?? '');
  // redis.call(unpack(command)): the command is put together in a table.
  const [, name, next = ''] = literal ?? /\{ '([A-Z]+)'(?:, '([A-Z]+)')?/.exec(script) ?? [];
  if (!name) return 'a command';
  return hasSubcommands(name) ? `${name} ${next}` : name;
}

function keysOf(command: RefusedReply['command']): string {
  if (!command) return '';
  const { name, args } = command;
  if (name === 'eval') return ` (keys: ${args.slice(2, 2 + Number(args[1])).join(', ')})`;
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
