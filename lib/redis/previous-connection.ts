import type { Redis } from 'ioredis';

/**
 * Ends, on a new connection, the one before. Its last commands may still be under way: a network that
 * was silent delivers them late. Carried out after what the new connection has done meanwhile, they
 * would store an event twice, or fetch entries for a reader that does not wait for them any more.
 */
export class PreviousConnection {
  private last?: { readonly id: string; readonly address: string };

  /** To be called first on each new connection: the server executes its commands in this order. */
  end(client: Redis): void {
    const { last } = this;
    this.last = undefined;
    if (last) {
      // Ids start anew with each server. With the address as well, nobody else's connection is meant.
      const kill = ['KILL', 'ID', last.id, 'ADDR', last.address];
      client.call('CLIENT', kill).catch(ignore);
    }
    client.client('INFO').then((info) => this.remember(info), ignore);
  }

  private remember(info: string): void {
    const [, id] = /\bid=(\d+)/.exec(info) ?? [];
    const [, address] = /\baddr=(\S+)/.exec(info) ?? [];
    // Nothing is delivered late on a Unix socket, and all of its connections have one address.
    if (id && address && !address.startsWith('/')) this.last = { id, address };
  }
}

function ignore(): void {
  // A user who may not use CLIENT does without. A connection that is lost says so itself.
}
