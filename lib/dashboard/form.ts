import type { Readable } from 'node:stream';
import { PageError } from './page-error.js';
import type { DashboardRequest } from './request.js';

/** How much of a form is taken, in bytes: the ids of a page of dead letters, and more. */
const LARGEST = 100_000;

const TYPE = 'application/x-www-form-urlencoded';

/**
 * The fields of a form that was sent by POST, as the platform's parser has read them: Nest registers one on Express
 * and on Fastify. Where an application of Express has none (`bodyParser: false`), the request itself is read. Fields
 * that are there twice are left out: parsers differ.
 *
 * @throws PageError 413, 415
 */
export async function formOf(request: DashboardRequest): Promise<ReadonlyMap<string, string>> {
  const { body } = request;
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body)) {
    const fields = Object.entries(body as Record<string, unknown>);
    return new Map(
      fields.filter((field): field is [string, string] => typeof field[1] === 'string'),
    );
  }
  const text = Buffer.isBuffer(body)
    ? body.toString()
    : typeof body === 'string'
      ? body
      : await read(request);
  const fields = [...new URLSearchParams(text)];
  const isThereOnce = (name: string) => fields.filter(([other]) => other === name).length === 1;
  return new Map(fields.filter(([name]) => isThereOnce(name)));
}

async function read(request: DashboardRequest): Promise<string> {
  const type = request.headers['content-type'];
  if (typeof type !== 'string' || type.split(';', 1)[0]?.trim().toLowerCase() !== TYPE) {
    throw new PageError(415, 'Not a form', `A form is sent as ${TYPE}, and this request is not.`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as unknown as Readable) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    // To its end, or the client would not get to hear why.
    if (length <= LARGEST) chunks.push(bytes);
  }
  if (length > LARGEST) {
    throw new PageError(
      413,
      'Too large',
      `A form may have ${LARGEST} bytes, and this one has more.`,
    );
  }
  return Buffer.concat(chunks).toString();
}
