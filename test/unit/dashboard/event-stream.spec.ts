import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { EventStream, eventText } from '../../../lib/dashboard/history/event-stream.js';

describe('EventStream', () => {
  let server: Server;
  let client: Socket;
  let ending: AbortController;
  let events: EventStream;

  beforeEach(async () => {
    ending = new AbortController();
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    events = EventStream.begin(response, { 'x-test': 'yes' }, ending.signal);
  });

  afterEach(async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  /** More than all buffers between the two take. */
  const LARGE = 'x'.repeat(30_000_000);

  it('waits until a slow client has taken what was sent', async () => {
    await once(client, 'data');
    client.pause();
    let isSent = false;
    const sending = events.send(LARGE).then(() => (isSent = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSent).toBe(false);
    client.resume();
    await sending;
  });

  it('waits no longer once the client has gone', async () => {
    client.pause();
    const sending = events.send(LARGE);
    client.destroy();
    await sending;
    expect(events.closed.aborted).toBe(true);
    await events.send('nobody hears this');
    await events.end();
  });

  it('waits no longer once it is to end, and ends though nobody reads', async () => {
    client.pause();
    const sending = events.send(LARGE);
    ending.abort();
    await sending;
    await events.end();
    expect(events.closed.aborted).toBe(true);
  });
});

describe('eventText', () => {
  it('keeps data on one line, which they would leave otherwise', () => {
    expect(eventText('a\n\nevent: b\rdata: c')).toBe('data: a event: b data: c\n\n');
    expect(eventText('5', 'dropped')).toBe('event: dropped\ndata: 5\n\n');
  });
});
