import { Redis } from 'ioredis';
import { measure } from '../measure.mjs';
import { API, STREAM, storeOnWire } from '../peers/events.mjs';
import { startPeer } from '../peers/peers.mjs';
import { decode } from '../peers/raw-ioredis.mjs';

/** How many entries the raw loop asks for at once: the most that this module does. */
const PAGE = 500;

const RAW = { title: 'raw XRANGE loop', isRaw: true };
const BY_CLASS = { title: 'history, by class', by: ({ Placed }) => Placed };
const BY_NAME = { title: 'history, by name', by: () => `${API}.placed` };
const CONTENDERS = [RAW, BY_CLASS, BY_NAME];

/** Reading a history of one stream from its beginning. */
export const ROWS = [
  {
    ...{ group: 'history', name: 'history', module: import.meta.url },
    contenders: () => CONTENDERS.map(({ title }) => ({ title })),
    ...{ counts: { full: 100_000, quick: 10_000, smoke: 250 }, better: 'higher' },
    ...{ compared: ['events/s', 'client CPU, us'], take },
  },
];

async function take({ contender, count, url, client }) {
  await storeOnWire(client, count);
  const { isRaw, by } = CONTENDERS.find(({ title }) => title === contender.title);
  const reader = isRaw ? readRaw(url) : await readOurs(url, by);
  await readThrough(reader, count); // warms up
  let lost;
  const figures = await measure(count, async () => (lost = await readThrough(reader, count)));
  await reader.close();
  return { figures, lost };
}

async function readThrough({ events }, count) {
  let next = 0;
  for await (const { n } of events()) if (n === next) next++;
  return count - next;
}

function readRaw(url) {
  const client = new Redis(url, { protocol: 2 });
  async function* events() {
    for (let from = '-'; ;) {
      const page = await client.xrange(STREAM, from, '+', 'COUNT', PAGE);
      for (const [, fields] of page) yield decode(fields);
      if (page.length < PAGE) return;
      from = `(${page.at(-1)[0]}`;
    }
  }
  return { events, close: () => client.disconnect() };
}

async function readOurs(url, by) {
  const lightbus = await import('../peers/lightbus.mjs');
  const { bus, close } = await startPeer({ file: 'lightbus.mjs' }, { url });
  async function* payloads() {
    for await (const { payload } of bus.history(by(lightbus))) yield payload;
  }
  return { events: payloads, close };
}
