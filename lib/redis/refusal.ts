import { ReplyError } from 'ioredis';
import { DisconnectedError, TransportError } from '../errors.js';

/** An error reply of Redis, as ioredis hands it over. */
export interface RefusedReply {
  readonly message: string;
  /** What was sent. */
  readonly command?: { readonly name: string; readonly args: readonly unknown[] };
  /** Which script that was, where `runScript` has sent it. */
  readonly script?: { readonly name: string; readonly commands: readonly string[] };
}

const HINT = "See 'Least privilege' in docs/redis.md of nestjs-lightbus for what the user needs.";

const ON_OTHER_NODES =
  'this Redis is one node of a Cluster, which is not supported: what is asked for lies on other nodes';

/** How many keys are told: a script may have thousands. */
const MAX_KEYS = 5;

/**
 * What Redis said when it refused a command; the first word is its error code. Where it leaves out
 * what was refused, that is added: the keys of a command that an ACL forbids, the script that it is in.
 */
export function describeRefusal(error: RefusedReply): string {
  const { command, script } = error;
  // Where in a script it was is no help, and would make one refusal look like several.
  const message = error.message
    .replace(/^EXECABORT Transaction discarded because of: /, '')
    .replace(/ script: \w+, on @user_script:\d+\.?$/, '');
  if (message.startsWith('NOPERM')) return `${message}${describeCall(command)}. ${HINT}`;
  // Which node and slot would make one cause look like many.
  const [, code] = /^(MOVED|ASK|CROSSSLOT) /.exec(message) ?? [];
  if (code) return `${code} ${ON_OTHER_NODES}`;
  const forbidden = forbiddenInScript(message, script);
  if (forbidden === undefined) return message;
  const place = script ? `the script '${script.name}'` : 'a script';
  return `NOPERM in ${place}${describeCall(command)}: ${forbidden}. ${HINT}`;
}

/** What an ACL forbids to a script, as each kind of server words it; `undefined` for other errors. */
function forbiddenInScript(message: string, script: RefusedReply['script']): string | undefined {
  // Redis from 7.2 on, and Valkey, name the command.
  const [, told] = /^ERR ACL failure in script: (.*)$/.exec(message) ?? [];
  if (told !== undefined) return told;
  if (!message.startsWith("ERR The user executing the script can't")) return undefined;
  const user = 'this user has no permissions to';
  if (!message.includes("can't run")) return `${user} access one of its keys`;
  const needed = script?.commands.map((name) => name.toUpperCase().replace('|', ' ')) ?? [];
  return `${user} run one of its commands${needed.length > 0 ? `: ${needed.join(', ')}` : ''}`;
}

function describeCall(command: RefusedReply['command']): string {
  if (!command) return '';
  const { name, args } = command;
  if (/^eval(?:sha)?$/.test(name)) {
    const keys = listOf(args.slice(2, 2 + Number(args[1])));
    return keys && ` (keys: ${keys})`;
  }
  return ` (${[name.toUpperCase(), ...namedArguments(name, args)].join(' ')})`;
}

/** The subcommand, and the keys. Never more: what follows may be an event's data. */
function namedArguments(name: string, args: readonly unknown[]): readonly unknown[] {
  if (/^xread(?:group)?$/.test(name)) {
    const streams = args.slice(args.findIndex((arg) => /^streams$/i.test(String(arg))) + 1);
    return [listOf(streams.slice(0, streams.length / 2))];
  }
  return args.slice(0, /^(?:xgroup|xinfo|client|config|memory)$/.test(name) ? 2 : 1);
}

function listOf(keys: readonly unknown[]): string {
  const more = keys.length - MAX_KEYS;
  return keys.slice(0, MAX_KEYS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Why a connection to this database can't be used, as a part of a sentence. */
export function describeFailure(error: Error, database: number): string {
  if (!isRefusal(error)) return describeBroken(error);
  const told = describeRefusal(error);
  // A right that is missing is told with the database.
  if (error.command?.name === 'select' && told === error.message)
    return `${told}: database ${database} can't be used`;
  return told.replace(/\.$/, '');
}

function describeBroken(error: Error): string {
  const { name, message } = error;
  // ioredis asks to report it. An HTTP server begins with an H, one that wants TLS with a control character.
  const [, first] =
    /^(?:Unknown RESP type|Protocol error\b.*?) (.*?)\.? Please report this/.exec(message) ?? [];
  if (first !== undefined) {
    return `what answers there does not speak Redis's protocol: its answer begins with character ${first}`;
  }
  // Node's own, where each address of a host refuses the connection, has no message.
  const inside = error instanceof AggregateError && message === '' ? (error.errors as Error[]) : [];
  return message || inside.map((one) => one.message).join('; ') || name;
}

/**
 * Whether an error of a connection tells no more than that it is broken: ioredis's commands of its own
 * greeting fail after what broke it was told.
 */
export function isAftermath({ message }: Error): boolean {
  return message.startsWith("Stream isn't writeable");
}

/**
 * What Redis says of a state that it may leave, by its error codes: it loads, is full, is a replica, a script keeps it
 * busy; and of what somebody has ended by hand.
 */
const PASSING =
  /^(?:(?:BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN)(?: |$)|ERR Script killed by user)/;

/**
 * Whether the same command would fail again: Redis refused it for what it is, or it was too large to be
 * sent. Not where there was no connection, nor where Redis is in a state that may pass.
 */
export function failsAgain(error: unknown): boolean {
  if (isRefusal(error)) return !PASSING.test(describeRefusal(error));
  if (error instanceof DisconnectedError) return false;
  return error instanceof TransportError && !PASSING.test(error.message);
}

/** Whether Redis refused a command for the node of a Cluster that it is: told once, at the start. */
export function isOnOtherNode({ message }: Error): boolean {
  return message.endsWith(ON_OTHER_NODES);
}

/** Whether Redis answered with an error: what was sent had no effect. */
export function isRefusal(error: unknown): error is Error & RefusedReply {
  return error instanceof ReplyError;
}
