import type { Socket } from 'node:net';

/**
 * From this length on a text is written at once, characters: Redis begins while more is composed. Somewhat less than 16 kB,
 * up to which Node writes without a request object, and needs no memory but its stack.
 */
const LARGE = 15_000;

/**
 * What is sent to Redis together, and leaves in one write, as one text: what a command costs is half that of a write of
 * its own, and less than that of a chunk of its own in a corked stream. ioredis knows it as the stream of a pipeline.
 */
export class Outgoing {
  readonly isPipeline = true;
  private text = '';
  /** What the text is for: nothing of it gets to another connection. */
  private stream?: Socket;
  private isDue = false;
  private lingers = false;

  /** @param destination where the stream of the connection is found. */
  constructor(readonly destination: { readonly redis: { readonly stream: Socket } }) {}

  /** To be written once what is under way has sent what it sends without waiting: as a microtask. */
  write(data: string | Buffer): void {
    const { stream } = this.destination.redis;
    if (stream !== this.stream) {
      this.stream = stream;
      this.text = '';
    }
    if (typeof data !== 'string') {
      this.flush();
      stream.write(data);
      return;
    }
    this.text += data;
    if (this.text.length > LARGE) this.flush();
    else if (!this.isDue) {
      this.isDue = true;
      // Not the next tick: that comes after everything that has nothing to wait for, such as handlers and who reads a
      // history while its next page is fetched.
      queueMicrotask(this.end);
    }
  }

  /** Somebody hears at the next tick of what was just sent: what is sent then leaves in the same write. */
  linger(): void {
    this.lingers = this.isDue;
  }

  /** Writes what there is. */
  flush(): void {
    const { text, stream } = this;
    if (text === '') return;
    this.text = '';
    // What is not written by then is rejected with the end of the connection.
    if (!stream?.writable || stream !== this.destination.redis.stream) return;
    // Node would set three bytes aside for each character of UTF-8.
    stream.write(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8');
  }

  private readonly end = (): void => {
    if (this.lingers) {
      this.lingers = false;
      // After who hears of it at the next tick has sent what it sends without waiting for anything.
      process.nextTick(() => queueMicrotask(() => process.nextTick(this.end)));
      return;
    }
    this.isDue = false;
    this.flush();
  };
}
