import type { RedisConnections } from '../../redis/connections.js';
import { SNAPSHOT_KEPT_MS, type Snapshots } from '../snapshots.js';
import { snapshotKey } from './keys.js';

/** Texts beside a stream, each under a key that expires. */
export class RedisSnapshots implements Snapshots {
  constructor(private readonly connections: RedisConnections) {}

  /** @inheritdoc */
  async readSnapshot(stream: string, name: string): Promise<string | undefined> {
    const key = snapshotKey(stream, name);
    const text = await this.connections.of(stream).run('a while', (client) => client.get(key));
    return text ?? undefined;
  }

  /** @inheritdoc */
  async writeSnapshot(stream: string, name: string, text: string): Promise<void> {
    const key = snapshotKey(stream, name);
    const connection = this.connections.of(stream);
    await connection.run('a while', (client) => client.set(key, text, 'PX', SNAPSHOT_KEPT_MS));
  }
}
