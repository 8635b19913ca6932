import type { Redis } from 'ioredis';
import { inBackground } from '../timing/background.js';
import { describeRefusal, isRefusal } from './refusal.js';

/** A connection as its server names it. Ids start anew with each server. */
export interface ConnectionIdentity {
  readonly id: string;
  readonly address: string;
}

/**
 * Ends, on a new connection, the one before. Its last commands may still be under way: a network that
 * was silent delivers them late. Carried out after what the new connection has done meanwhile, they
 * would store an event twice, or fetch entries for a reader that does not wait for them any more.
 */
export class PreviousConnection {
  private last?: ConnectionIdentity;
  private identified: Promise<ConnectionIdentity | undefined> = Promise.resolve(undefined);

  /** @param refused is told why Redis does not let connections be ended, each time. */
  constructor(private readonly refused: (reason: string) => void) {}

  /** The connection that is used now, as the server names it; `undefined` where it does not tell. */
  get current(): Promise<ConnectionIdentity | undefined> {
    return this.identified;
  }

  /** To be called first on each new connection: the server executes its commands in this order. */
  end(client: Redis): void {
    const { last } = this;
    this.last = undefined;
    if (last) {
      endConnection(client, last).catch(this.failed);
    }
    this.identified = client.client('INFO').then(identityOf).catch(this.failed);
    inBackground(async () => {
      this.last = await this.identified;
    }, this.failed);
  }

  /** Who may not use CLIENT does without. A connection that is lost says so itself. */
  private readonly failed = (error: unknown): undefined => {
    if (isRefusal(error)) this.refused(describeRefusal(error));
  };
}

/**
 * Ends a connection: what is still under way in it is never carried out.
 *
 * @throws what the client throws; a user who may not use CLIENT is refused.
 */
export async function endConnection(
  client: Redis,
  { id, address }: ConnectionIdentity,
): Promise<void> {
  // Ids start anew with each server. With the address as well, nobody else's connection is meant.
  await client.call('CLIENT', ['KILL', 'ID', id, 'ADDR', address]);
}

function identityOf(info: string): ConnectionIdentity | undefined {
  const [, id] = /\bid=(\d+)/.exec(info) ?? [];
  const [, address] = /\baddr=(\S+)/.exec(info) ?? [];
  // Nothing is delivered late on a Unix socket, and all of its connections have one address.
  return id && address && !address.startsWith('/') ? { id, address } : undefined;
}
