import type { ArgumentsHost } from '@nestjs/common';

/** What is needed of the clients of Nest's adapters: those of `ws`, whose `emit` is for themselves, and Socket.IO's. */
interface Client {
  /** A number with `ws` only. */
  readonly readyState?: unknown;
  send?(text: string): unknown;
  emit?(event: string, payload: unknown): unknown;
}

/** Tells the client of a WebSocket what Nest 12 itself tells it of an error that nobody knows. */
export function sendException(context: ArgumentsHost): void {
  const host = context.switchToWs();
  const client = host.getClient<Client>();
  const cause = { pattern: host.getPattern(), data: host.getData<unknown>() };
  const payload = { status: 'error', message: 'Internal server error', cause };
  if (typeof client.readyState === 'number') {
    client.send?.(JSON.stringify({ event: 'exception', data: payload }));
  } else {
    client.emit?.('exception', payload);
  }
}
