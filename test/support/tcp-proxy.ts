import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { urlForApplication } from './acl.js';
import { owned } from './owned.js';

/** A TCP proxy before a Redis, to break connections in the ways that networks do. */
export interface TcpProxy {
  readonly port: number;
  /** `redis://127.0.0.1:<port>/0`, for applications: see `RedisServer.url`. */
  readonly url: string;
  /** How many clients are connected. */
  readonly connections: number;
  /** How many packets wait for the end of a pause. */
  readonly held: number;
  /** Destroys every connection. New ones are accepted. */
  cut(): void;
  /**
   * Destroys the clients' half of every connection. What they had sent into a pause is still under
   * way, as in a network that delivers late: it arrives when the returned function is called.
   */
  abandon(): () => void;
  /** Goes silent: connections are accepted and read, but nothing is forwarded; or just no answers. */
  pause(what?: 'all' | 'answers'): void;
  /**
   * Goes silent as a network does: nothing arrives in either direction, the end of a connection
   * neither. `resume` delivers all of it late, in its order, what ended connections had sent too.
   */
  silence(): void;
  /** Forwards again, first what came in meanwhile. */
  resume(): void;
  /** Stops listening: new connections are refused. Those that exist go on. */
  refuse(): Promise<void>;
  /** Listens again on the same port. */
  accept(): Promise<void>;
  /** Destroys every connection and stops listening. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port before `targetPort` on 127.0.0.1. Closed after the test file.
 *
 * @param see is told all that clients send.
 */
export async function startProxy(
  targetPort: number,
  see: (data: Buffer) => void = () => undefined,
): Promise<TcpProxy> {
  const proxy = new Proxy(targetPort, see);
  await proxy.accept();
  owned().onEnd(() => proxy.close());
  return proxy;
}

class Proxy implements TcpProxy {
  port = 0;
  private paused: 'all' | 'answers' | 'all, ends too' | undefined;
  private readonly links = new Set<Link>();
  private readonly server = createServer((client) => this.link(client));

  constructor(
    private readonly targetPort: number,
    private readonly see: (data: Buffer) => void,
  ) {}

  get url(): string {
    return urlForApplication(`redis://127.0.0.1:${this.port}/0`);
  }

  get connections(): number {
    return this.links.size;
  }

  get held(): number {
    return [...this.links].reduce((sum, link) => sum + link.waiting, 0);
  }

  cut(): void {
    for (const link of this.links) link.destroy();
  }

  abandon(): () => void {
    const abandoned = [...this.links];
    // From here on a resume() does not concern them.
    this.links.clear();
    for (const link of abandoned) link.abandon();
    return () => {
      for (const link of abandoned) link.deliver();
    };
  }

  pause(what: 'all' | 'answers' = 'all'): void {
    this.paused = what;
  }

  silence(): void {
    this.paused = 'all, ends too';
  }

  resume(): void {
    this.paused = undefined;
    for (const link of this.links) {
      link.flush();
      if (link.isEnded) this.links.delete(link);
    }
  }

  async refuse(): Promise<void> {
    if (!this.server.listening) return;
    // 'close' waits for the connections that exist; listening ends at once.
    this.server.close();
    await Promise.resolve();
  }

  async accept(): Promise<void> {
    if (this.server.listening) return;
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  private link(client: Socket): void {
    const target = connect(this.targetPort, '127.0.0.1');
    client.on('data', this.see);
    const link = new Link(client, target, {
      isPaused: (to) =>
        to === client ? this.paused !== undefined : this.paused?.startsWith('all') === true,
      isSilent: () => this.paused === 'all, ends too',
    });
    this.links.add(link);
    client.once('close', () => {
      if (this.paused !== 'all, ends too') this.links.delete(link);
    });
  }
}

/** What a link may forward at the moment. */
interface Passage {
  readonly isPaused: (to: Socket) => boolean;
  /** Not even the end of a connection arrives. */
  readonly isSilent: () => boolean;
}

/** One client and its connection to the target. */
class Link {
  /** Without data: the end of the other side. */
  private readonly held: { to: Socket; data?: Buffer }[] = [];
  private abandoned = false;

  constructor(
    private readonly client: Socket,
    private readonly target: Socket,
    private readonly passage: Passage,
  ) {
    this.forward(client, target);
    this.forward(target, client);
  }

  get waiting(): number {
    return this.held.length;
  }

  get isEnded(): boolean {
    return this.client.destroyed;
  }

  flush(): void {
    for (const { to, data } of this.held.splice(0)) {
      if (!to.writable) continue;
      if (data) to.write(data);
      else to.end();
    }
  }

  abandon(): void {
    this.abandoned = true;
    this.client.destroy();
  }

  deliver(): void {
    for (const { to, data } of this.held) if (to === this.target && data) to.write(data);
    this.target.end();
  }

  destroy(): void {
    this.client.destroy();
    this.target.destroy();
  }

  private forward(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (data: Buffer) => {
      if (this.passage.isPaused(to)) this.held.push({ to, data });
      else to.write(data);
    });
    // An end of one side is an end of both; 'close' follows an 'error'.
    from.on('error', () => {
      if (!this.passage.isSilent()) this.destroy();
    });
    from.on('close', () => {
      if (this.passage.isSilent()) this.held.push({ to });
      else if (from === this.target || !this.abandoned) this.destroy();
    });
  }
}
