import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { findAsset } from '../../../lib/dashboard/assets/assets.js';
import type { Pages } from './pages.js';

/** As the page is served. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Serves pages and their assets; and what follows a stream. */
export class PageServer {
  /** Addresses that were asked for. */
  readonly asked: string[] = [];
  pages: Pages = {};
  /** `null`: the browser is told of no policy, so that the pages alone must hold. */
  policy: string | null = POLICY;
  private readonly followers = new Set<ServerResponse>();
  private readonly server = createServer((request, response) => {
    this.asked.push(request.url ?? '');
    const { pathname } = new URL(request.url ?? '/', 'http://here.example');
    try {
      this.answer(pathname.replace('/lightbus/', ''), response);
    } catch (error) {
      response.writeHead(500).end(inspect(error));
    }
  });

  /** @returns the address that pages are below. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/lightbus`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** How many follow a stream. */
  get following(): number {
    return this.followers.size;
  }

  /** Sends to all who follow a stream. */
  tell(data: string, event = 'message'): void {
    for (const follower of this.followers) follower.write(`event: ${event}\ndata: ${data}\n\n`);
  }

  private answer(route: string, response: ServerResponse): void {
    if (route === 'tail') {
      this.follow(response);
      return;
    }
    const asset = findAsset(route.replace('assets/', ''));
    const page = asset ? undefined : this.pages[route];
    const type = asset?.type ?? 'text/html; charset=utf-8';
    response.writeHead((asset ?? page) ? 200 : 404, {
      'content-type': type,
      ...(this.policy === null ? {} : { 'content-security-policy': this.policy }),
    });
    response.end(asset?.text ?? page?.() ?? 'There is no such page.');
  }

  private follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    this.followers.add(response);
    response.on('close', () => this.followers.delete(response));
  }
}
