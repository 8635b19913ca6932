import { MemoryTransport } from '../../lib/transport/memory.transport.js';
import { ALL, entry, KEEP_ALL } from './contract-fixtures.js';
import { describeTransportContract } from './transport.contract.js';

describeTransportContract('MemoryTransport', async () => {
  const transport = new MemoryTransport();
  await transport.connect();
  return {
    transport,
    other: transport,
    // There is no deletion in memory, but trimming: an entry more, and as many fewer as are asked.
    async deleteUpTo(stream, nativeId) {
      const newer = await transport.range(stream, { ...ALL, start: `(${nativeId}` });
      await transport.append(stream, [entry('filler')], {
        ...KEEP_ALL,
        maxLength: newer.length + 1,
      });
    },
    cleanup: () => transport.close(),
  };
});
