import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Silence } from '../../../lib/redis/silence.js';
import { owned } from '../../support/owned.js';

/** After this long a connection is ended here, ms. */
const AFTER_MS = 60;

describe('Silence', () => {
  let server: Server;
  const silences: Silence[] = [];

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    owned().onEnd(() => void server.close());
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const silence of silences.splice(0)) silence.end();
  });

  function watcher(isDue: () => boolean, afterMs = AFTER_MS): Silence {
    const silence = new Silence(afterMs, isDue);
    silences.push(silence);
    return silence;
  }

  /** A connection, and its other end. */
  async function open(): Promise<{ stream: Socket; peer: Socket }> {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[peer]] = await Promise.all([accepted, once(stream, 'connect')]);
    for (const socket of [stream, peer]) socket.on('error', () => undefined).resume();
    owned().onEnd(() => [stream, peer].forEach((socket) => socket.destroy()));
    return { stream, peer };
  }

  /** Resolves when a connection has been ended: why, and after how long. */
  async function end(stream: Socket): Promise<{ readonly error: Error; readonly ms: number }> {
    const start = performance.now();
    const [error] = (await once(stream, 'error')) as [Error];
    return { error, ms: performance.now() - start };
  }

  /** As long as it takes to end a connection so many times. */
  async function silent(times: number): Promise<void> {
    const { stream } = await open();
    watcher(() => true, times * AFTER_MS).watch(stream);
    await end(stream);
  }

  it('ends a connection from which nothing comes while an answer is due', async () => {
    const { stream } = await open();
    watcher(() => true).watch(stream);
    const { error, ms } = await end(stream);
    expect(error.message).toBe('No answer has come for 60 ms, and nothing else');
    expect(ms).toBeGreaterThan(AFTER_MS - 5);
    expect(stream.destroyed).toBe(true);
  });

  it('leaves one alone that answers slowly, until nothing comes any more', async () => {
    const { stream, peer } = await open();
    watcher(() => true).watch(stream);
    const answering = setInterval(() => peer.write('.'), AFTER_MS / 3);
    await silent(4);
    clearInterval(answering);
    expect(stream.destroyed).toBe(false);
    expect(stream.bytesRead).toBeGreaterThan(5);
    expect((await end(stream)).ms).toBeGreaterThan(AFTER_MS / 2);
  });

  it('leaves one alone of which nothing is due, however long, and counts from when something is', async () => {
    const { stream } = await open();
    let isDue = true;
    watcher(() => isDue).watch(stream);
    isDue = false;
    await silent(3);
    expect(stream.destroyed).toBe(false);
    isDue = true;
    expect((await end(stream)).ms).toBeGreaterThan(AFTER_MS - 5);
  });

  it('watches the next connection once the one before has ended, and that no longer', async () => {
    const [before, next] = [await open(), await open()];
    const silence = watcher(() => true);
    silence.watch(before.stream);
    silence.end();
    silence.watch(next.stream);
    await end(next.stream);
    await silent(1);
    expect(before.stream.destroyed).toBe(false);
  });
});
