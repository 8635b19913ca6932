import type { ServerResponse } from 'node:http';
import { onAbort } from '../../timing/on-abort.js';
import { within } from '../../timing/within.js';

/** How long a client may take nothing before its connection is given up, ms. */
const STALLED_MS = 60_000;

/** How long the end of an answer may take, ms. */
const END_MS = 1_000;

/** What only Fastify's responses have. */
interface FastifyReply {
  /** Node's own. */
  readonly raw: ServerResponse;
  /** Says that somebody else answers. */
  hijack(): void;
  getHeaders(): Record<string, string | number | string[] | undefined>;
}

/**
 * Server-sent events as an answer of Express or Fastify. Nest's own `@Sse` keeps what a client does not take; here the
 * sender waits for it, and whoever is slow is told what was left out.
 */
export class EventStream {
  private readonly gone = new AbortController();

  private constructor(
    private readonly raw: ServerResponse,
    private readonly ending: AbortSignal,
  ) {
    // Also where the connection fails while something is written.
    raw.on('error', () => this.gone.abort());
    raw.on('close', () => this.gone.abort());
    if (raw.destroyed || raw.req.destroyed) this.gone.abort();
  }

  /**
   * Begins the answer.
   *
   * @param headers in lower case.
   * @param ending aborted when it is to end: nobody waits for the client any more.
   */
  static begin(
    response: unknown,
    headers: Readonly<Record<string, string>>,
    ending: AbortSignal,
  ): EventStream {
    const reply = response as Partial<FastifyReply>;
    const raw = reply.raw ?? (response as ServerResponse);
    // What plugins of Fastify have set is theirs to send, and they don't any more.
    const theirs = reply.raw ? (reply.getHeaders?.() ?? {}) : {};
    reply.hijack?.();
    for (const [name, value] of Object.entries(theirs)) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    const own = {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      // What compresses would keep events back; so would nginx.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    };
    const stream = new EventStream(raw, ending);
    raw.writeHead(200, own);
    raw.flushHeaders();
    return stream;
  }

  /** Aborted when the client has gone. */
  get closed(): AbortSignal {
    return this.gone.signal;
  }

  /** Sends text of the format of server-sent events. Resolves when there is room for more, or no use in more. */
  async send(text: string): Promise<void> {
    if (this.closed.aborted || this.ending.aborted || this.raw.write(text)) return;
    try {
      await within(this.drained(), STALLED_MS);
    } catch {
      this.giveUp();
    }
  }

  /** Ends the answer, whether the client takes it or not. */
  async end(): Promise<void> {
    if (this.closed.aborted) return;
    // Whoever has not taken what was sent before won't be quick now.
    if (this.raw.writableNeedDrain) {
      this.giveUp();
      return;
    }
    const ended = new Promise<void>((resolve) => {
      this.raw.once('close', resolve);
      this.raw.end(resolve);
    });
    try {
      await within(ended, END_MS);
    } catch {
      this.giveUp();
    }
  }

  private giveUp(): void {
    this.raw.destroy();
    this.gone.abort();
  }

  private async drained(): Promise<void> {
    const forget: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      this.raw.on('drain', resolve);
      forget.push(() => this.raw.off('drain', resolve));
      for (const signal of [this.closed, this.ending]) forget.push(onAbort(signal, resolve));
    });
    forget.forEach((one) => one());
  }
}

/** An event of one line. @param type `message` where it is left out. */
export function eventText(data: string, type?: string): string {
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${data.replace(/[\r\n]+/g, ' ')}\n\n`;
}

/** What keeps proxies from ending a connection on which nothing is said. */
export const STILL_HERE = ': still here\n\n';
