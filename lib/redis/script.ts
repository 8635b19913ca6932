import type { Redis } from 'ioredis';
import { isRefusal } from './refusal.js';
import { commandOf } from './command.js';

/** A Lua script that Redis knows by its SHA. */
export interface Script {
  /** What it is called in errors. */
  readonly name: string;
  readonly lua: string;
  /** SHA1 of `lua`, hexadecimal. */
  readonly sha: string;
  /** What it may call, as an ACL names it: `xack`, `xgroup|create`. */
  readonly commands: readonly string[];
}

/**
 * Runs a script by its SHA. Where Redis does not know it (any more), which certainly had no effect, it
 * is sent as text: after what was sent behind it.
 *
 * @param onSent is called each time right after it was sent, in the same turn.
 * @returns its reply.
 * @throws what the client throws; a refusal knows its script (`RefusedReply.script`).
 */
export function runScript(
  client: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  onSent?: () => void,
): Promise<unknown> {
  const send = (command: string, first: string): Promise<unknown> => {
    const rest = [String(keys.length), ...keys].concat(args.map(String));
    const reply = client.sendCommand(commandOf(command, [first].concat(rest))) as Promise<unknown>;
    onSent?.();
    return reply;
  };
  const refused = (error: unknown): never => {
    throw isRefusal(error) ? Object.assign(error, { script }) : error;
  };
  return send('evalsha', script.sha).catch((error: unknown) => {
    if (!isRefusal(error) || !error.message.startsWith('NOSCRIPT')) return refused(error);
    return send('eval', script.lua).catch(refused);
  });
}

/** Makes scripts known to Redis, ahead of what is sent next. */
export function loadScripts(client: Redis, scripts: readonly Script[]): void {
  for (const { lua } of scripts) client.script('LOAD', lua).catch(ignore);
}

function ignore(): void {
  // Who may not load a script sends its text once. A connection that is lost says so itself.
}
