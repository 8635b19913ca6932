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

/**
 * Sends an answer, or ends one that has begun: its status can't be changed any more.
 *
 * @param adapter of the application; without one, as Express and Fastify do it, and Node itself.
 */
export function sendAnswer(
  response: unknown,
  answer: HttpAnswer,
  adapter?: AbstractHttpAdapter,
): void {
  const { status, body, headers } = answer;
  if (!adapter) {
    sendPlainly(response as CommonResponse | ServerResponse, answer);
  } else if (adapter.isHeadersSent(response)) {
    adapter.end(response);
  } else {
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    adapter.reply(response, body, status);
  }
}

function sendPlainly(
  response: (CommonResponse | ServerResponse) & FastifyParts,
  { status, body, headers }: HttpAnswer,
): void {
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
    // In a middleware of Fastify.
    native.writeHead(status, all).end(JSON.stringify(body));
  }
}
