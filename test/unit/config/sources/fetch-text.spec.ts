import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { fetchText } from '../../../../lib/config/sources/fetch-text.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import { owned } from '../../../support/owned.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a web server for one test. Resolves to its origin: `http://127.0.0.1:40123`. */
async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owned().onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const LIMITS = { timeoutMs: 10_000, maxBytes: 1_048_576, maxRedirects: 5 };
const QUICK = { ...LIMITS, timeoutMs: 200 };

describe('a configuration URL', () => {
  it.each(['text/plain', 'text/html', 'application/octet-stream', 'application/json'])(
    'is read as YAML, whatever its content type (%s)',
    async (type) => {
      const origin = await serve((_request, response) => {
        response.setHeader('content-type', type).end('service_name: store\nprocess_name: w1\n');
      });

      expect(await resolveConfig({ config: `${origin}/lightbus` }, {})).toMatchObject({
        serviceName: 'store',
        processName: 'w1',
        source: `${origin}/lightbus`,
      });
    },
  );

  it('may hold JSON', async () => {
    const origin = await serve((_request, response) => {
      response.end('{\n\t"service_name": "store"\n}');
    });

    expect((await resolveConfig({ config: origin }, {})).serviceName).toBe('store');
  });

  it.each(['', '# apis: {}\n'])('that answers with nothing (%j) is refused', async (text) => {
    const origin = await serve((_request, response) => response.end(text));

    await expect(resolveConfig({ config: origin }, {})).rejects.toThrow('found an empty text');
  });

  it('sends user and password as a header, and shows neither', async () => {
    const origin = await serve(({ headers }, response) => {
      const [, token = ''] = headers.authorization?.split(' ') ?? [];
      response.end(`service_name: ${Buffer.from(token, 'base64').toString()}`.replace(':p', '-p'));
    });
    const url = origin.replace('//', '//app:p%40ss@');

    const { serviceName, source, configArguments } = await resolveConfig(
      { config: `${url}/c?token=hunter2` },
      {},
    );

    expect(serviceName).toBe('app-p@ss');
    expect(source).toBe(`${origin.replace('//', '//app:***@')}/c?token=***`);
    // Not what a line of the log may hold: nothing at all, rather than what does not work.
    expect(configArguments).toEqual([]);
  });

  it('follows five redirects, and gives the password to its own origin only', async () => {
    const seen: string[] = [];
    const other = await serve(({ headers }, response) => {
      seen.push(`other ${headers.authorization ?? 'nobody'}`);
      response.end('bus: {}');
    });
    const origin = await serve(({ url = '', headers }, response) => {
      seen.push(`${url} ${headers.authorization ? 'somebody' : 'nobody'}`);
      const step = Number(url.slice(1));
      response.writeHead(302, { location: step < 5 ? `/${step + 1}` : other }).end();
    });

    expect(await fetchText(`${origin.replace('//', '//app:pw@')}/1`, LIMITS)).toBe('bus: {}');
    expect(seen).toEqual([...[1, 2, 3, 4, 5].map((step) => `/${step} somebody`), 'other nobody']);
  });

  it('that redirects endlessly is given up after five redirects', async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests += 1;
      response.writeHead(301, { location: '/again' }).end();
    });

    expect(await fetchText(origin, LIMITS)).toEqual({
      expected: 'at most 5 redirects',
      found: 'one more',
    });
    expect(requests).toBe(6);
  });

  it.each(['file:///etc/passwd', 'ftp://host/x', 'http://'])(
    'that redirects to %s is refused',
    async (location) => {
      const origin = await serve((_request, response) => {
        response.writeHead(302, { location }).end();
      });

      expect(await fetchText(origin, LIMITS)).toMatchObject({
        expected: 'a redirect to an http(s) URL',
      });
    },
  );

  it('that never answers is given up in time', async () => {
    const origin = await serve(() => undefined);

    expect(await fetchText(origin, QUICK)).toMatchObject({
      expected: 'the whole configuration within 0.2 s',
    });
  });

  it('that never ends is given up in time', async () => {
    const origin = await serve((_request, response) => {
      response.write('bus:');
    });

    expect(await fetchText(origin, QUICK)).toMatchObject({ found: 'no end of it by then' });
  });

  it('that redirects slowly is given up in time', async () => {
    const origin = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 90);
    });

    expect(await fetchText(origin, QUICK)).toMatchObject({ found: 'no end of it by then' });
  });

  it('that sends without end is cut off at the limit', async () => {
    let closed: Promise<void> | undefined;
    const origin = await serve((_request, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      const send = (): void => {
        while (response.write('#'.repeat(65_536)));
        response.once('drain', send);
      };
      send();
    });

    expect(await fetchText(origin, LIMITS)).toEqual({
      expected: 'at most 1048576 bytes',
      found: 'more',
    });
    await closed;
  });

  it('that is small but inflates is cut off at the limit', async () => {
    const origin = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(50_000_000, '#')));
    });

    expect(await fetchText(origin, LIMITS)).toMatchObject({ found: 'more' });
  });

  it.each([404, 403, 500, 304, 204])('that answers %i', async (status) => {
    const origin = await serve((_request, response) => {
      response.writeHead(status).end();
    });

    const text = await fetchText(origin, LIMITS);

    if (status === 204) expect(text).toBe('');
    else expect(text).toMatchObject({ found: expect.stringContaining(`HTTP ${status}`) });
  });

  it('that nobody serves says why', async () => {
    const text = await fetchText('http://127.0.0.1:1/lightbus.yaml', LIMITS);

    expect(text).toMatchObject({ found: expect.stringContaining('a failed request: ') });
    expect((text as { found: string }).found).not.toMatch(/undefined|: $/);
  });

  it('that holds other bytes than UTF-8 says so', async () => {
    const origin = await serve((_request, response) => {
      response.end(Buffer.of(0xff, 0xfe));
    });

    expect(await fetchText(origin, LIMITS)).toMatchObject({ expected: 'text in UTF-8' });
  });

  it('that holds a page instead of YAML is an error that names the URL, without its secrets', async () => {
    const origin = await serve((_request, response) => {
      response.end('<!DOCTYPE html>\n<html><body>Please sign in: here</body></html>');
    });
    const url = `${origin.replace('//', '//app:hunter2@')}/c.yaml?token=hunter3`;

    const failure: unknown = await resolveConfig({ config: url }, {}).catch(
      (error: unknown) => error,
    );

    expect(String(failure)).toContain(`${origin.replace('//', '//app:***@')}/c.yaml?token=***`);
    expect(String(failure)).not.toMatch(/hunter/);
  });
});
