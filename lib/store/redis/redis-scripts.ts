import { WAIT_MS, type RedisClient, type RedisConnection } from '../../redis/redis-connection.js';
import { runScript, type Script } from '../../redis/script.js';
import type { GroupRef, Member } from '../consumer-groups.js';
import { replaced } from '../ownership-errors.js';
import { groupKey } from './keys.js';

/** Idle time of an entry that is free to be taken over, ms: longer than any acknowledgement_timeout. */
export const LONG_IDLE_MS = 2 ** 40;

/** The consumer that such an entry is pending with until it is claimed. No process has this name by chance. */
export const NOBODY = 'lightbus:nobody';

/** Commands and scripts about groups, on one connection. */
export abstract class RedisScripts {
  protected abstract readonly commands: RedisConnection;

  /** Sends commands; waits for a connection for a while. */
  protected run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.commands.run(WAIT_MS, command);
  }

  /** Runs a script. */
  protected script(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.run((client) => runScript(client, script, keys, args));
  }

  /** Runs a script that asks the group's state first. @throws ReplacedError */
  protected async ask(
    script: Script,
    member: Member,
    args: readonly (string | number)[],
    moreKeys: readonly string[] = [],
  ): Promise<unknown> {
    const keys = [...keysOf(member), ...moreKeys];
    const reply = await this.script(script, keys, [...argsOf(member), ...args]);
    if (reply !== null) return reply;
    throw replaced(member);
  }
}

/** What scripts about a group take as their first keys. */
export function keysOf(ref: GroupRef): [stream: string, state: string] {
  return [ref.stream, groupKey(ref)];
}

/** What scripts about a consumer take as their first arguments. */
export function argsOf({ group, consumer, holder }: Member): [string, string, string] {
  return [group, consumer, holder.token];
}
