import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Outgoing } from '../../../lib/redis/outgoing.js';
import { owned } from '../../support/owned.js';
import { recordWrites } from '../../support/record-writes.js';
import { waitFor } from '../../support/wait-for.js';

/** A connection. */
interface Line {
  readonly stream: Socket;
  /** What was written to it, one text for each time. */
  readonly writes: string[];
  /** What its server got. */
  readonly received: Buffer[];
}

describe('Outgoing', () => {
  let server: Server;
  let line: Line;
  let redis: { stream: Socket };
  let outgoing: Outgoing;

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    owned().onEnd(() => void server.close());
    await once(server, 'listening');
  });
  beforeEach(async () => {
    line = await open();
    redis = { stream: line.stream };
    outgoing = new Outgoing({ redis });
  });

  async function open(): Promise<Line> {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const stream = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
    const [[socket]] = await Promise.all([accepted, once(stream, 'connect')]);
    const received: Buffer[] = [];
    socket.on('data', (data: Buffer) => received.push(data)).on('error', () => undefined);
    owned().onEnd(() => [stream, socket].forEach((one) => one.destroy()));
    return { stream, writes: recordWrites(stream), received };
  }

  /** All that was written until the end of this turn, once it has arrived. */
  async function arrived({ stream, received }: Line): Promise<Buffer> {
    await turn();
    await waitFor(() => Buffer.concat(received).length === stream.bytesWritten);
    return Buffer.concat(received);
  }

  it('writes at once what is sent together, before the next tick', async () => {
    let isNextTick = false;
    process.nextTick(() => (isNextTick = true));
    // As answers that have come together are: what follows each of them is sent in a turn of its own.
    const answers = Promise.resolve();
    const sent = ['one ', 'and another'].map((text) => answers.then(() => outgoing.write(text)));
    await Promise.all(sent);
    await answers;
    expect(line.writes).toEqual(['one and another']);
    expect(isNextTick).toBe(false);

    outgoing.write('later ');
    outgoing.write('on');
    expect(line.writes).toHaveLength(1);
    expect(String(await arrived(line))).toBe('one and anotherlater on');
    expect(line.writes).toEqual(['one and another', 'later on']);
  });

  it('waits for what is sent as the turn ends, where somebody hears of it then', async () => {
    outgoing.write('appended, ');
    outgoing.linger();
    process.nextTick(() => outgoing.write('read'));
    await turn();
    // Nothing is sent yet that it could leave with.
    outgoing.linger();
    outgoing.write('alone');
    process.nextTick(() => outgoing.write('later'));
    await turn();
    expect(line.writes).toEqual(['appended, read', 'alone', 'later']);
  });

  it('has every character arrive as UTF-8, whatever is sent with it', async () => {
    const values = ['ASCII', '\x7f\x80\xff', 'é', '€', '👍🏽', '\ud83d', '\udc4d', 'ASCII again'];
    // As a command ends: half a character stays one, whatever comes behind it.
    const texts = values.map((value) => `${value}\r\n`);
    for (const text of texts) {
      outgoing.write(text);
      await turn();
    }
    for (const text of texts) outgoing.write(text);
    const expected = Buffer.concat([...texts, ...texts].map((text) => Buffer.from(text)));
    expect(await arrived(line)).toEqual(expected);
    expect(line.writes).toHaveLength(texts.length + 1);
  });

  it('keeps bytes in their order among texts', async () => {
    outgoing.write('before ');
    outgoing.write(Buffer.from([0xff, 0x00]));
    outgoing.write(' after');
    expect((await arrived(line)).toString('latin1')).toBe('before \xff\x00 after');
  });

  it('lets a long text go at once, with what came before it, and only once', async () => {
    const long = 'x'.repeat(15_000);
    outgoing.write('before ');
    outgoing.write(long);
    expect(line.writes).toEqual([`before ${long}`]);
    outgoing.write(' after');
    expect(line.writes).toHaveLength(1);
    expect(String(await arrived(line))).toBe(`before ${long} after`);
  });

  it('keeps from a connection what was meant for the one before', async () => {
    const [second, third] = [await open(), await open()];
    outgoing.write('lost');
    redis.stream = second.stream;
    await turn();
    outgoing.write('lost, too');
    redis.stream = third.stream;
    outgoing.write('new');
    expect(String(await arrived(third))).toBe('new');
    expect([...line.writes, ...second.writes]).toEqual([]);
  });

  it('writes when it is told to, and not again', async () => {
    outgoing.write('now');
    outgoing.flush();
    expect(line.writes).toEqual(['now']);
    outgoing.flush();
    expect(String(await arrived(line))).toBe('now');
  });
});
