import { inContext } from '../redis/in-context.js';
import { connectionOptions } from '../redis/connection-options.js';
import type { EventStore } from '../store/event-store.js';
import type { BusStream, BusStreams } from './bus-streams.js';
import type { NamePattern } from './glob.js';
import { StreamInspector } from './stream-inspector.js';
import { toStreamStatus, type StreamStatus } from './stream-status.js';

/** How many streams are looked at at a time: each may take a page of entries. */
const SIDE_BY_SIDE = 10;

/** The state of all streams of a bus and of their consumer groups. Nothing is changed on Redis. */
export class BusStatus {
  private readonly inspectors = new Map<EventStore, StreamInspector>();

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
      found.push(...(await Promise.all(some.map((stream) => this.inspect(stream)))).flat());
    }
    return found;
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    const inspectors = [...this.inspectors.values()];
    await Promise.all([this.bus.close(), ...inspectors.map((inspector) => inspector.close())]);
  }

  private async inspect(stream: BusStream): Promise<StreamStatus[]> {
    const state = await inContext(
      `Looking at '${stream.name}'`,
      stream.store.description,
      this.inspectorOf(stream).inspect(stream.name),
    );
    // It may have gone meanwhile.
    return state ? [toStreamStatus(stream, state)] : [];
  }

  private inspectorOf({ store, settings }: BusStream): StreamInspector {
    let inspector = this.inspectors.get(store);
    if (!inspector) {
      // What is wrong with the connection, the store beside it has logged.
      const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
      inspector = new StreamInspector({ ...connectionOptions(settings), logger });
      this.inspectors.set(store, inspector);
    }
    return inspector;
  }
}
