import { once } from 'node:events';

/**
 * Standard output that knows when nobody reads it any more: `lightbus inspect | head -1` is no
 * failure. What else may be in the way, such as a full disk, ends the process in `main.ts`.
 */
export class Output {
  private readonly closing = new AbortController();

  constructor(private readonly stream: NodeJS.WriteStream) {
    stream.on('error', () => this.closing.abort());
  }

  /** Aborted when the reader of a pipe has gone. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  /** Writes a text. Resolves when there is room for more; at once after the reader has gone. */
  async write(text: string): Promise<void> {
    if (this.closed.aborted || this.stream.write(text)) return;
    // Rejects when the stream fails, which the listener above has noted.
    await once(this.stream, 'drain', { signal: this.closed }).catch(() => undefined);
  }
}
