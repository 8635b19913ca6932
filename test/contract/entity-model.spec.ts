import { describe, it } from '@jest/globals';
import { MemoryStore } from '../../lib/store/memory/memory.store.js';
import { positionOf } from '../../lib/store/positions.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { owned } from '../support/owned.js';
import { sharedRedis } from '../support/redis-server.js';
import { compareWithModel, type Subject } from './entity-model.js';

const RUNS = Number(process.env.LIGHTBUS_TEST_RUNS ?? 60);

class MemorySubject extends MemoryStore implements Subject {
  readonly store = this;

  async delete(stream: string, nativeIds: readonly string[]): Promise<void> {
    for (const nativeId of nativeIds) this.streamOf(stream).delete(positionOf(nativeId));
  }

  /** There is none that could be deleted. */
  async deleteIndex(): Promise<boolean> {
    return false;
  }
}

describe('the index of entities says what a look at all entries says, whatever is stored and deleted', () => {
  it('in memory', () => compareWithModel(new MemorySubject(), RUNS), 60_000);

  it('on Redis', async () => {
    const redis = await sharedRedis();
    const raw = redis.client();
    const log = () => undefined;
    const store = new RedisStore({ url: redis.url, logger: { log, warn: log, error: log } });
    owned().onEnd(() => store.close());
    const subject: Subject = {
      store,
      async delete(stream, nativeIds) {
        await raw.xdel(stream, ...nativeIds);
      },
      async deleteIndex(stream, what) {
        await raw.del(`lightbus:${what}:{${stream}}`);
        return what === 'keys';
      },
    };
    await compareWithModel(subject, RUNS);
  }, 60_000);
});
