import type { RedisConnections } from '../../redis/connections.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { runScript, type Script } from '../../redis/script.js';
import type { GroupRef, Member } from '../consumer-groups.js';
import { replaced } from '../ownership-errors.js';
import { groupKey } from './keys.js';

/** Idle time of an entry that is free to be taken over, ms: longer than any acknowledgement_timeout. */
export const LONG_IDLE_MS = 2 ** 40;

/** The consumer that such an entry is pending with until it is claimed. No process has this name by chance. */
export const NOBODY = 'lightbus:nobody';

/** All such consumers: version 0.1 left entries that were driven again to another one. */
export const NOBODIES: readonly string[] = [NOBODY, 'lightbus:redrive'];

/** Whether entries of that consumer wait to be claimed. */
export function isNobody(consumer: string): boolean {
  return NOBODIES.includes(consumer);
}

/** Commands and scripts, each on the connection to what it is about. */
export abstract class RedisScripts {
  protected abstract readonly connections: RedisConnections;

  /** Sends commands about a key, or several of its hash slot; waits for a connection for a while. */
  protected run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.connections.of(key).run('a while', command);
  }

  /**
   * Sends commands at once, or not at all: a connection that is waited for is another one than the caller
   * knows, and nobody who has taken over the caller's name can have ended it.
   */
  protected runNow<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.connections.of(key).run(0, command);
  }

  /** Runs a script, whose keys are of one hash slot. */
  protected script(
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.run(keys[0], (client) => runScript(client, script, keys, args));
  }

  /** Runs a script that asks the group's state first. @throws ReplacedError */
  protected ask(
    script: Script,
    member: Member,
    args: readonly (string | number)[],
    moreKeys: readonly string[] = [],
  ): Promise<unknown> {
    const keys = [...keysOf(member), ...moreKeys] as const;
    return this.script(script, keys, [...argsOf(member), ...args]).then((reply) => {
      if (reply !== null) return reply;
      throw replaced(member);
    });
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
