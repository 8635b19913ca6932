import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Event } from 'nestjs-lightbus';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { OpenTails } from '../../../lib/dashboard/history/open-tails.js';
import { Stores } from '../../../lib/store/stores.js';
import { waitFor } from '../../support/wait-for.js';
import { PLATFORMS, startDashboard, type DashboardApplication } from './dashboard-application.js';

@Event('my.shop.placed', { key: 'orderId' })
class Placed {
  @IsString()
  orderId!: string;

  @IsInt()
  amount!: number;

  @IsOptional()
  @IsString()
  customer?: string;
}

@Event('my.shop.paid', { key: 'orderId' })
class Paid {
  @IsString()
  orderId!: string;
}

const STREAM = 'my.shop.*:stream';

function placed(orderId: string, amount: number, customer?: string): Placed {
  return Object.assign(new Placed(), { orderId, amount, customer });
}

const query = (values: Record<string, string>) => new URLSearchParams(values).toString();

/** Without the places where long names may be broken. */
const plain = (text: string) => text.replaceAll('<wbr />', '');

describe.each(PLATFORMS)('the pages of streams and history, on %s', (platform) => {
  let shop: DashboardApplication;

  beforeAll(async () => {
    shop = await startDashboard(platform, {
      events: [Placed, Paid],
      options: {
        mask: (_, payload) => ({
          ...payload,
          ...(payload.customer !== undefined && { customer: '***' }),
        }),
      },
    });
    await shop.bus.fire(placed('a', 1, 'ada@example.com'));
    await shop.bus.fire(placed('b', 2), {
      headers: { tenant: '<b>acme</b>' },
      correlationId: 'c-1',
    });
    await shop.bus.fire(Object.assign(new Paid(), { orderId: 'a' }));
    await append(['x', 'no event']);
  });

  afterAll(() => shop.close());

  const append = (fields: string[]) =>
    shop.app
      .get(Stores)
      .forApi('my.shop')
      .store.append(STREAM, [fields], { maxLength: null, timeoutMs: 1_000 });

  const get = async (path: string) => {
    const response = await fetch(`${shop.url}/lightbus/${path}`);
    return {
      status: response.status,
      headers: response.headers,
      text: plain(await response.text()),
    };
  };

  const history = (filters: Record<string, string>) =>
    get(`history?${query({ stream: STREAM, ...filters })}`);

  /** Previews of the payloads in a page, in its order. */
  const rows = (text: string) =>
    [...text.matchAll(/<code class="cut">([^<]*)<\/code>/g)].map(([, preview = '']) =>
      preview.replaceAll('&quot;', '"'),
    );

  const idsIn = (text: string) => [...new Set(text.match(/\d{13}-\d+/g))];

  it('lists streams, and shows one with its traffic', async () => {
    expect((await get('streams')).text).toContain(STREAM);
    const { status, text } = await get(`stream?${query({ stream: STREAM })}`);
    expect(status).toBe(200);
    expect(text).toContain('4 entries, each of which was looked at');
    expect(text).toContain('(no name)');
  });

  it('shows the history newest first, or oldest first', async () => {
    const { status, text } = await history({});
    expect(status).toBe(200);
    const shown = rows(text);
    expect(shown.map((preview) => preview.replace(/"orderId": |[{}]/g, ''))).toEqual([
      '',
      '"a"',
      expect.stringContaining('"b"'),
      expect.stringContaining('"***"'),
    ]);
    const oldest = await history({ order: 'oldest' });
    expect(rows(oldest.text)).toEqual([...shown].reverse());
  });

  it.each([
    [{ event: 'paid' }, 1],
    [{ event: 'my.shop.p*' }, 3],
    [{ event: 'nothing' }, 0],
    [{ key: 'a' }, 2],
    [{ key: 'a', event: 'placed' }, 1],
    [{ path: 'amount=2' }, 1],
    [{ since: '1h' }, 4],
    [{ until: '1h' }, 0],
    [{ since: 'now' }, 0],
    [{ stream: '', api: 'my.shop' }, 4],
  ])('filters by %j', async (filters, count) => {
    const { status, text } = await history(filters);
    expect(status).toBe(200);
    expect(rows(text)).toHaveLength(count);
  });

  it.each([
    [{ since: 'yesterday' }, 'is no moment'],
    [{ until: '<script>' }, 'is no moment'],
    [{ path: 'amount' }, 'Expected a path into the payload'],
    [{ path: '..=1' }, 'Expected a path into the payload'],
    [{ stream: 'other.*:stream' }, 'There is no stream'],
    [{ stream: '', api: 'other' }, 'No stream holds events of an API'],
  ])('says what is wrong with %j, beside the form', async (filters, message) => {
    const { status, text } = await history(filters);
    expect(status).toBe(200);
    expect(text).toContain(message);
    expect(text).toContain('aria-invalid="true"');
    expect(text).not.toContain('<script>');
  });

  it.each(['x', '1-1', `${'9'.repeat(25)}-1 ${STREAM}`])(
    'refuses to go on from %j',
    async (cursor) => {
      expect(await history({ cursor })).toMatchObject({ status: 400 });
    },
  );

  it('finds nothing by what is masked', async () => {
    expect(rows((await history({ path: 'customer=ada@example.com' })).text)).toHaveLength(0);
    expect(rows((await history({ path: 'customer=***' })).text)).toHaveLength(1);
  });

  it('shows an entry with its neighbours, and what belongs to it', async () => {
    const [id = ''] = idsIn((await history({ path: 'amount=2' })).text);
    const { status, text } = await get(`entry?${query({ stream: STREAM, id })}`);
    expect(status).toBe(200);
    expect(text).toContain('my.shop.placed');
    expect(text).toContain('c-1');
    expect(text).toMatch(/rel="prev"/);
    expect(text).toMatch(/rel="next"/);
  });

  it.each([
    [{ stream: STREAM, id: '1-1' }, 404, 'There is no entry 1-1'],
    [{ stream: STREAM, id: 'x<y' }, 400, 'is no id of an entry'],
    [{ stream: STREAM }, 400, 'is no id of an entry'],
    [{ stream: 'x', id: '1-1' }, 404, 'There is no stream'],
    [{}, 404, 'There is no stream'],
  ])('has no page of the entry %j', async (asked, status, message) => {
    for (const route of ['entry', 'payload']) {
      const answer = await get(`${route}?${query(asked)}`);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)]);
    }
  });

  it('gives a payload to be saved, masked', async () => {
    const [id = ''] = idsIn((await history({ path: 'amount=1' })).text);
    const { status, headers, text } = await get(`payload?${query({ stream: STREAM, id })}`);
    expect(status).toBe(200);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="my\.shop\.placed-[\d-]+/,
    );
    expect(headers.get('content-type')).toContain('text/plain');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(JSON.parse(text)).toEqual({ amount: 1, customer: '***', orderId: 'a' });
  });

  it('gives it a name that says what it is, however long that of the event is', async () => {
    await append(['event_name', `${'a'.repeat(300)}.html`, ':x', '"<script>"']);
    const ids = idsIn((await history({ event: '*.html' })).text);
    const { headers } = await get(`payload?${query({ stream: STREAM, id: ids[0]! })}`);
    expect(headers.get('content-disposition')).toMatch(/a+\.txt"$/);
  });

  it('answers HEAD for a tail without opening one', async () => {
    const address = `${shop.url}/lightbus/tail?${query({ stream: STREAM })}`;
    expect((await fetch(address, { method: 'HEAD' })).status).toBe(405);
    expect(shop.app.get(OpenTails).count).toBe(0);
  });

  it('has the timeline of an entity, by the index', async () => {
    const { status, text } = await get(
      `entity?${query({ api: 'my.shop', stream: STREAM, key: 'a' })}`,
    );
    expect(status).toBe(200);
    expect(rows(text)).toHaveLength(2);
    expect(text).toContain('number 2');
    expect(text).toContain('2 entries looked at');
    const none = await get(`entity?${query({ api: 'my.shop', key: 'nobody' })}`);
    expect(rows(none.text)).toHaveLength(0);
  });

  it('follows what is stored, and drops what a slow reader misses', async () => {
    const gone = new AbortController();
    const response = await fetch(`${shop.url}/lightbus/tail?${query({ stream: STREAM })}`, {
      signal: gone.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toContain('no-transform');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (test: (text: string) => boolean) => {
      let text = '';
      while (!test(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended: ${text}`);
        text += value;
      }
      return text;
    };
    await shop.bus.fire(placed('tail', 99));
    const first = await until((text) => text.includes('data: '));
    expect(first.replace(/^: still here\n\n/, '')).toMatch(/^data: <tr.*amount.*<\/tr>\n\n$/);
    await shop.bus.fireAll(Array.from({ length: 300 }, () => placed('many', 3)));
    const many = await until((text) => text.includes('event: dropped'));
    expect(many).toContain('event: dropped\ndata: 250\n\n');
    expect(shop.app.get(OpenTails).count).toBe(1);
    gone.abort();
    await waitFor(() => shop.app.get(OpenTails).count === 0);
  });

  it.each([
    [{ stream: 'other.*:stream' }, 404],
    [{ stream: STREAM, path: 'x' }, 400],
    [{}, 404],
  ])('does not follow %j', async (filters, status) => {
    expect(await get(`tail?${query(filters as Record<string, string>)}`)).toMatchObject({ status });
    expect(shop.app.get(OpenTails).count).toBe(0);
  });
});

it('shows the headers of an entry where there is no mask', async () => {
  const shop = await startDashboard('express', { events: [Placed] });
  const { nativeId } = await shop.bus.fire(placed('b', 2), { headers: { tenant: '<b>acme</b>' } });
  const ref = query({ stream: STREAM, id: nativeId });
  const text = await (await fetch(`${shop.url}/lightbus/entry?${ref}`)).text();
  expect(text).toContain('&lt;b&gt;acme&lt;/b&gt;');
});

describe.each(PLATFORMS)('what mask hides, on %s', (platform) => {
  const SECRET = 'ada@example.com';
  let shop: DashboardApplication;

  beforeAll(async () => {
    const mask = (_: string, payload: object) => ({ ...payload, orderId: '***' });
    shop = await startDashboard(platform, { events: [Placed, Paid], options: { mask } });
    await shop.bus.fire(placed(SECRET, 1), { headers: { mail: SECRET } });
    const { store } = shop.app.get(Stores).forApi('my.shop');
    const odd = ['event_name', 'placed', 'version', SECRET, ':orderId', SECRET];
    await store.append(STREAM, [odd], { maxLength: null, timeoutMs: 1_000 });
  });

  const get = async (path: string) =>
    plain(await (await fetch(`${shop.url}/lightbus/${path}`)).text());

  it('is not in headers, nor in what is said of an irregular entry', async () => {
    const list = await get(`history?${query({ stream: STREAM })}`);
    const ids = [...new Set(list.match(/\d{13}-\d+/g))];
    expect(ids).toHaveLength(2);
    for (const id of ids) {
      expect(await get(`entry?${query({ stream: STREAM, id })}`)).not.toContain(SECRET);
    }
  });

  it.each(['entity', 'history'])('is not told by how much %s has looked at', async (route) => {
    const ask = async (key: string) =>
      (await get(`${route}?${query({ stream: STREAM, key })}`))
        .replaceAll(key, 'KEY')
        .replaceAll(encodeURIComponent(key), 'KEY')
        .replace(/<span id="read-at".*?<\/span>/s, '');
    expect(await ask(SECRET)).toBe(await ask('bob@example.com'));
  });
});

describe.each(PLATFORMS)('the shutdown with open tails, on %s', (platform) => {
  it('ends them, also where nobody reads', async () => {
    const shop = await startDashboard(platform, {
      events: [Placed],
      nest: { forceCloseConnections: false },
    });
    await shop.bus.fire(placed('a', 1));
    const address = `${shop.url}/lightbus/tail?${query({ stream: STREAM })}`;
    const read = await fetch(address);
    const unread = await fetch(address);
    const whole = read.text();
    await shop.close();
    expect(await whole).toContain(': still here');
    await unread.body?.cancel();
  });
});
