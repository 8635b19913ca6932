import { inContext } from '../redis/in-context.js';
import type { BusStream, BusStreams } from './bus-streams.js';
import type { NamePattern } from './glob.js';
import { toStreamStatus, type StreamStatus } from './stream-status.js';

/** How many streams are looked at at a time: each may take a page of entries. */
const SIDE_BY_SIDE = 10;

/** The state of all streams of a bus and of their consumer groups. Nothing is changed on Redis. */
export class BusStatus {
  /** @param bus is closed with this. */
  constructor(private readonly bus: BusStreams) {}

  /**
   * Looks at the streams as they are now.
   *
   * @param api which APIs; all if undefined.
   * @throws TransportError where Redis can't be reached or refuses a command.
   */
  async read(api?: NamePattern): Promise<StreamStatus[]> {
    const streams = (await this.bus.find()).filter(({ owner }) => api?.test(owner.apiName) ?? true);
    const found: StreamStatus[] = [];
    for (let from = 0; from < streams.length; from += SIDE_BY_SIDE) {
      const some = streams.slice(from, from + SIDE_BY_SIDE);
      found.push(...(await Promise.all(some.map(inspect))).flat());
    }
    return found;
  }

  /** Closes the connections. */
  close(): Promise<void> {
    return this.bus.close();
  }
}

async function inspect(stream: BusStream): Promise<StreamStatus[]> {
  const state = await inContext(
    `Looking at '${stream.name}'`,
    stream.store.description,
    stream.store.inspect(stream.name, { memory: true }),
  );
  // It may have gone meanwhile.
  return state ? [toStreamStatus(stream, state)] : [];
}
