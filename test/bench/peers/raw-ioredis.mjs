import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { API, GROUP, STREAM, storeOnWire } from './events.mjs';

/**
 * What one would write by hand: no validation, no ownership, no recovery. What was handled is acknowledged in
 * the round trip of the next read.
 */
export async function start({ url, corked = false, batchSize, handler }) {
  const connect = async () => {
    const client = new Redis(url, { protocol: 2 });
    await client.ping();
    if (corked) cork(client);
    return client;
  };
  const client = await connect();
  const reader = handler && (await connect());
  let closed = false;
  const reading = handler && read();

  async function read() {
    await client.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM').catch(() => undefined);
    let handled = [];
    while (!closed) {
      if (handled.length > 0) reader.xack(STREAM, GROUP, ...handled).catch(() => undefined);
      const reply = await reader
        .xreadgroup(
          ...['GROUP', GROUP, 'consumer', 'COUNT', batchSize, 'BLOCK', 5_000],
          ...['STREAMS', STREAM, '>'],
        )
        .catch(() => null);
      handled = [];
      for (const [id, fields] of reply?.[0]?.[1] ?? []) {
        await handler(decode(fields));
        handled.push(id);
      }
    }
  }

  return {
    fire: (event) => client.xadd(STREAM, '*', ...encode(event)),
    async fireAll(events) {
      const transaction = client.multi();
      for (const event of events) transaction.xadd(STREAM, '*', ...encode(event));
      for (const [error] of await transaction.exec()) if (error) throw error;
    },
    ...onWire,
    async close() {
      closed = true;
      reader?.disconnect();
      await reading;
      client.disconnect();
    },
  };
}

/** What holds of all that use Lightbus's wire. */
export const onWire = {
  store: storeOnWire,
  stored: (client) => client.xlen(STREAM),
  async pending(client) {
    const [count] = await client.xpending(STREAM, GROUP);
    return count;
  },
};

/** An event from the fields of its entry. */
export function decode(fields) {
  const event = {};
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name.startsWith(':')) event[name.slice(1)] = JSON.parse(fields[i + 1]);
  }
  return event;
}

function encode(event) {
  const fields = ['id', randomUUID(), 'api_name', API, 'event_name', 'placed', 'version', '1'];
  for (const name in event) fields.push(`:${name}`, JSON.stringify(event[name]));
  return fields;
}

/** All that is sent in one tick leaves in one write. */
function cork(client) {
  const { stream } = client;
  const uncork = () => {
    corked = false;
    stream.uncork();
  };
  const send = client.sendCommand;
  let corked = false;
  client.sendCommand = function (...args) {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    return send.apply(this, args);
  };
}
