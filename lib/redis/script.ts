import type { Redis } from 'ioredis';
import { isRefusal } from './refusal.js';

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
export async function runScript(
  client: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  onSent: () => void = () => undefined,
): Promise<unknown> {
  // As one list: as arguments of a call, those of thousands of entries would overflow the stack.
  const rest = [keys.length, ...keys, ...args];
  const bySha = client.call('evalsha', [script.sha, ...rest]);
  onSent();
  try {
    return await bySha.catch((error: unknown) => {
      if (!isRefusal(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      const byText = client.call('eval', [script.lua, ...rest]);
      onSent();
      return byText;
    });
  } catch (error) {
    throw isRefusal(error) ? Object.assign(error, { script }) : error;
  }
}

/** Makes scripts known to Redis, ahead of what is sent next. */
export function loadScripts(client: Redis, scripts: readonly Script[]): void {
  for (const { lua } of scripts) client.script('LOAD', lua).catch(ignore);
}

function ignore(): void {
  // Who may not load a script sends its text once. A connection that is lost says so itself.
}
