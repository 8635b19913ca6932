import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { directoryWith, lightbus } from './cli-process.js';

const MODULE = fileURLToPath(new URL('../fixtures/cli/asyncapi.module.mjs', import.meta.url));
const COMMAND = ['dumpschema', '--format', 'asyncapi'];

describe('lightbus dumpschema --format asyncapi', () => {
  it('describes the application without starting it, without Redis, and without secrets', async () => {
    const redis = { url: 'rediss://user:secret@redis.example:7000/3' };
    const apis = {
      default: { event_transport: { redis } },
      'store.payments': { event_transport: { redis: { ...redis, stream_use: 'per_event' } } },
    };
    const files = { 'lightbus.json': JSON.stringify({ service_name: 'shop', apis }) };
    const cwd = directoryWith(files);
    const { code, stdout, stderr } = await lightbus([...COMMAND, '--bus', MODULE], { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^info: The configuration is \/.*\/lightbus\.json, [^\n]*\n$/),
    });
    expect(stdout).not.toMatch(/secret|user:/);
    const { servers, channels, operations, info } = JSON.parse(stdout) as Record<string, object>;
    expect(info).toEqual({ title: 'shop', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(Object.values(servers!)).toEqual([
      { host: 'redis.example:7000', protocol: 'rediss', pathname: '/3' },
    ]);
    const addresses = Object.values(channels!).map(({ address }: { address: string }) => address);
    expect(addresses).toEqual([
      'store.orders.*:stream',
      'store.payments.paid:stream',
      'store.users.*:stream',
    ]);
    expect(Object.keys(operations!)).toEqual([
      'send-store.orders.placed',
      'send-store.payments.paid',
      'receive-handle_it-store.orders',
      'receive-handle_it-store.payments.paid-event',
      'receive-inherited-store.users',
    ]);
  }, 60_000);

  it('says where streams are as the application is configured, or as --config says', async () => {
    const at = (host: string) => ({
      apis: { default: { event_transport: { redis: { url: `redis://${host}:1/0` } } } },
    });
    const cwd = directoryWith({ 'other.json': JSON.stringify(at('other')) });
    const OPTIONS = JSON.stringify({ serviceName: 'own', config: at('own') });
    const dumped = async (...args: string[]) => {
      const { stdout, stderr } = await lightbus([...COMMAND, ...args], { cwd, env: { OPTIONS } });
      expect(stderr).toBe('');
      const { info, servers } = JSON.parse(stdout) as Record<string, object>;
      return [(info as { title: string }).title, ...(Object.values(servers!) as unknown[])];
    };
    const server = (host: string) => ({ host, protocol: 'redis', pathname: '/0' });
    expect(await dumped('--bus', MODULE)).toEqual(['own', server('own:1')]);
    const other = await dumped('--bus', MODULE, '--config', 'other.json');
    expect(other).toEqual(['own', server('other:1')]);
    // What forRootAsync would make is not asked for.
    const [, made] = await dumped('--bus', `${MODULE}#AsyncModule`);
    expect(made).toEqual(server('127.0.0.1:6379'));
  }, 60_000);

  it('writes a file, and names what it needs', async () => {
    const cwd = directoryWith();
    await lightbus([...COMMAND, '--bus', MODULE, '--out', '.'], { cwd });
    expect(JSON.parse(readFileSync(join(cwd, 'asyncapi.json'), 'utf8'))).toMatchObject({
      asyncapi: '3.0.0',
    });

    const none = await lightbus(COMMAND, { cwd });
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain('There is no ');
    const wrong = await lightbus(['dumpschema', '--format', 'yaml'], { cwd });
    expect(wrong.stderr).toContain('Allowed choices are lightbus, asyncapi');
  }, 60_000);
});
