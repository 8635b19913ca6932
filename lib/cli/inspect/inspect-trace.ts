import { mergeHistories, readStream } from '../../store/read-history.js';
import { openBus, readConfig } from '../open-bus.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import { formatTraceNode } from './format-trace.js';
import type { InspectOptions } from './inspect-options.js';
import { rangeOf } from './inspect.js';
import { collectTrace, type ReadAll } from '../../operations/trace.js';
import { traceTree } from '../../operations/trace-tree.js';

/**
 * `lightbus inspect --trace`: prints what has caused what, of all events that belong to an id.
 *
 * @throws ConfigurationError, CommandError; `TransportError` where Redis can't be read.
 */
export async function inspectTrace(id: string, options: InspectOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const bus = openBus(await readConfig(options, logger), logger, false);
  const output = new Output(process.stdout);
  try {
    const streams = await bus.find();
    const [start, last] = rangeOf(options);
    const read: ReadAll = (reverse, end) => {
      const range = { start, end: end === '+' ? last : end, reverse, streamCount: streams.length };
      const histories = streams.map(({ name, store }) => readStream(store, name, range));
      return mergeHistories(histories, reverse);
    };
    const { events, isWhole } = await collectTrace(id, read);
    if (events.length === 0) {
      logger.write('warning', `No event has '${id}' as its id, correlation id or cause.`);
    }
    if (!isWhole) {
      const why = 'it goes to and fro in time, more often than the streams were read';
      logger.write(
        'warning',
        `This is not all of the trace: ${why}. Ask for the ids of its last events.`,
      );
    }
    for (const node of traceTree(events)) {
      await output.write(formatTraceNode(node, options.format));
      if (output.closed.aborted) return;
    }
  } finally {
    await bus.close();
  }
}
