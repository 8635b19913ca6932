import type { HistoricEntry } from '../../store/read-history.js';
import type { DecodedEntry } from '../../wire/by-field.js';
import type { InspectOptions } from './inspect-options.js';
import type { Output } from '../output.js';
import { printable } from '../../wire/printable.js';
import type { StderrLogger } from '../stderr-logger.js';
import { asksForEvents, isWanted } from '../../operations/event-filter.js';
import { formatEvent } from './format-event.js';

/** Prints the entries that are asked for, and counts what is no event. */
export class EventPrinter {
  private printed = 0;
  private others = 0;
  private readonly namesOthers: boolean;

  /** @param stop aborted when nobody wants more. */
  constructor(
    private readonly options: InspectOptions,
    private readonly output: Output,
    private readonly logger: StderrLogger,
    private readonly stop: AbortSignal,
  ) {
    this.namesOthers = !asksForEvents(options);
  }

  /** Whether nothing more is to be printed. */
  get isDone(): boolean {
    return this.printed >= (this.options.limit ?? Infinity) || this.stop.aborted;
  }

  /** Prints an entry if it is asked for. Resolves when there is room for the next one. */
  async take(entry: HistoricEntry): Promise<void> {
    const { content } = entry;
    if (content.kind !== 'event') {
      this.others++;
      if (this.namesOthers) this.logger.write('warning', describeOther(entry, content));
    } else if (isWanted(content, this.options)) {
      this.printed++;
      const width = process.stdout.columns || 80;
      await this.output.write(formatEvent({ ...entry, content }, this.options.format, width));
    }
  }

  /** Says how many entries were no events. */
  summarise(): void {
    if (this.others === 0) return;
    const what = this.others === 1 ? '1 entry is no event' : `${this.others} entries are no events`;
    this.logger.write('warning', `${what}, and so not among those printed.`);
  }
}

function describeOther(
  { nativeId, stream }: HistoricEntry,
  content: Exclude<DecodedEntry, { kind: 'event' }>,
): string {
  const what =
    content.kind === 'noop'
      ? 'it is the no-op that Python Lightbus opens a stream with'
      : content.reason;
  return `Entry ${nativeId} on '${printable(stream)}' is no event: ${what}.`;
}
