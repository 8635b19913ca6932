import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** An answer, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks as a browser does that keeps cookies; headers may be any, `Host` too, which `fetch` does not let be set. */
export class Browser {
  private cookie: string | undefined;

  /** @param base where the page is, without `/` at its end. */
  constructor(readonly base: string) {}

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('GET', path, headers);
  }

  /** Sends a form from a page of the same origin, unless `headers` say otherwise. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Answer> {
    const given = {
      origin: new URL(this.base).origin,
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    };
    return this.ask('POST', path, given, new URLSearchParams(fields).toString());
  }

  /** The fields of the form on a page that sends by POST. */
  static fieldsOf({ body }: Answer): Record<string, string> {
    const [, form = ''] = /<form[^>]*method="post"[^>]*>(.*?)<\/form>/s.exec(body) ?? [];
    const inputs = [...form.matchAll(/<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"/gs)];
    return Object.fromEntries(inputs.map(([, name, value]) => [name!, unescapeHtml(value!)]));
  }

  private async ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | undefined>>,
    body?: string,
  ): Promise<Answer> {
    const given = Object.entries({ cookie: this.cookie, ...headers });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const defined = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      const request = send(`${this.base}${path}`, { method, headers: defined }, resolve);
      request.on('error', reject).end(body);
    });
    const [set] = response.headers['set-cookie'] ?? [];
    this.cookie = set?.split(';')[0] ?? this.cookie;
    return {
      status: response.statusCode!,
      headers: response.headers,
      body: await text(response),
    };
  }
}

function unescapeHtml(value: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return value.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name]!);
}
