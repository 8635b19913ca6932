import { createServer, type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';
import { startRedis } from '../support/redis-server.js';
import { Browser } from '../unit/dashboard/browser.js';
import { CliProcess, configFor, directoryWith, lightbus } from './cli-process.js';

const STREAM = 'shop.*:stream';
const LETTERS = `lightbus:dead_letters:{${STREAM}}:store-charge`;

describe('lightbus dashboard', () => {
  let config: string;
  let page: CliProcess;
  let browser: Browser;

  beforeAll(async () => {
    const server = await startRedis();
    config = configFor(server.url);
    const redis = server.client();
    await redis.xadd(STREAM, '1-0', 'id', 'e1', 'event_name', 'charged', ':n', '1');
    await redis.xgroup('CREATE', STREAM, 'store-charge', '0');
    await redis.xadd(LETTERS, '2-0', 'what', 'no letter');
    // Production, or not: it is open to this machine only.
    const env = { NODE_ENV: 'production' };
    page = new CliProcess(['dashboard', '--config', config, '--port', '0', '--actions'], { env });
    await page.whenPrinted('The page is at ');
    const [url = ''] = /http:\S+/.exec(page.stdout) ?? [];
    browser = new Browser(url.replace(/\/$/, ''));
  });

  it('shows what is on the bus, without an application', async () => {
    const overview = await browser.get('/');
    expect(overview).toMatchObject({ status: 200 });
    expect(overview.body).toContain('store-charge');
    expect(overview.body).toContain('href="./listeners"');
    for (const path of [
      ...['/overview', '/listeners', '/streams', '/history', '/dead-letters'],
      `/listener?${new URLSearchParams({ group: 'store-charge', stream: STREAM }).toString()}`,
    ]) {
      expect({ path, ...(await browser.get(path)) }).toMatchObject({ path, status: 200 });
    }
  });

  it('acts where --actions says so, and logs it', async () => {
    const plan = await browser.get('/plan?action=discard&group=store-charge&all=1');
    const done = await browser.post('/discard', Browser.fieldsOf(plan));
    const result = await browser.get(done.headers.location!.slice(1));

    expect(result.body).toContain('1 of 1 dead letter was discarded');
    expect(page.stderr).toMatch(
      /^warning: Dashboard: Somebody at 127\.0\.0\.1 discards .*: 1 discarded\.$/m,
    );
  });

  it('answers nobody else', async () => {
    const strangers: Record<string, string>[] = [
      { host: 'evil.example' },
      { 'x-forwarded-for': '127.0.0.1' },
    ];
    for (const headers of strangers) {
      expect(await browser.get('/', headers)).toMatchObject({ status: 403 });
    }
  });

  it.each(['0.0.0.0', 'example.com'])(
    'is not served at %s, and says how to see it from afar',
    async (host) => {
      const { code, stderr } = await lightbus(['dashboard', '--config', config, '--host', host]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: The page would be open to whoever reaches .* 'ssh -L 8080:/);
    },
  );

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    owned().onEnd(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const port = String((other.address() as AddressInfo).port);
    const { code, stderr } = await lightbus(['dashboard', '--config', config, '--port', port]);

    expect(code).toBe(1);
    expect(stderr).toContain(
      `can't be served on port ${port} of 127.0.0.1: another process does so`,
    );
  });

  it('has nothing to show where events are in the memory of each process', async () => {
    const file = JSON.stringify({ apis: { default: { event_transport: { memory: {} } } } });
    const cwd = directoryWith({ 'lightbus.json': file });
    const { code, stderr } = await lightbus(['dashboard'], { cwd });

    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('memory of each process'),
    });
  });

  it('ends in order', async () => {
    expect(await page.end('SIGTERM')).toMatchObject({ code: 0 });
  });
});
