import type { ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { HttpAnswer } from './http-answer.js';

/** What the responses of Express and Fastify have in common. */
interface CommonResponse {
  status(code: number): this;
  header(name: string, value: string): this;
  send(body: unknown): unknown;
}

/** What only Fastify's have. */
interface FastifyParts {
  /** Node's own. */
  readonly raw?: ServerResponse;
  /** Whether it was sent, or is for somebody else to send. */
  readonly sent?: boolean;
}

type KnownResponse = (CommonResponse | ServerResponse) & FastifyParts;

/**
 * Sends an answer, or ends one that has begun: its status can't be changed any more. As Express and Fastify do it, or
 * Node itself in a middleware of Fastify: there the adapter of Nest 11 fails, and nobody has one who makes a filter with `new`.
 *
 * @param adapter of the application; for any other platform.
 */
export function sendAnswer(
  response: unknown,
  answer: HttpAnswer,
  adapter?: AbstractHttpAdapter,
): void {
  if (isKnown(response)) sendPlainly(response, answer);
  else if (adapter) sendBy(adapter, response, answer);
}

function isKnown(response: unknown): response is KnownResponse {
  const { raw = response } = response as FastifyParts;
  return typeof (raw as Partial<ServerResponse>).writeHead === 'function';
}

function sendPlainly(response: KnownResponse, { status, body, headers }: HttpAnswer): void {
  // Express's response is one of Node.
  const native = response.raw ?? (response as ServerResponse);
  const all = { ...headers, 'Content-Type': 'application/json; charset=utf-8' };
  if (response.sent === true || native.headersSent) {
    native.end();
  } else if ('send' in response) {
    response.status(status);
    for (const [name, value] of Object.entries(all)) response.header(name, value);
    response.send(body);
  } else {
    native.writeHead(status, all).end(JSON.stringify(body));
  }
}

function sendBy(
  adapter: AbstractHttpAdapter,
  response: unknown,
  { status, body, headers }: HttpAnswer,
): void {
  if (adapter.isHeadersSent(response)) {
    adapter.end(response);
    return;
  }
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
  adapter.reply(response, body, status);
}
