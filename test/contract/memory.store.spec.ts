import { MemoryStore } from '../../lib/store/memory/memory.store.js';
import { ALL, entry, KEEP_ALL } from './contract-fixtures.js';
import { describeStoreContract } from './store.contract.js';

describeStoreContract('MemoryStore', async () => {
  const store = new MemoryStore();
  await store.connect();
  return {
    store,
    other: store,
    // There is no deletion in memory, but trimming: an entry more, and as many fewer as are asked.
    async deleteUpTo(stream, nativeId) {
      const newer = await store.range(stream, { ...ALL, start: `(${nativeId}` });
      await store.append(stream, [entry('filler')], {
        ...KEEP_ALL,
        maxLength: newer.length + 1,
      });
    },
    deleteIndex: () => Promise.resolve(),
    cleanup: () => store.close(),
  };
});
