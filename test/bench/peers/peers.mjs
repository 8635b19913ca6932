const RAW = { title: 'raw ioredis', file: 'raw-ioredis.mjs' };
const CORKED = { title: 'raw ioredis, corked', file: 'raw-ioredis.mjs', options: { corked: true } };
// It does a fraction of the events of the others, so as not to take most of the time: rates don't depend on it.
const BULL = { title: 'BullMQ', file: 'bull-mq.mjs', share: 0.2 };
const OURS = { title: 'nestjs-lightbus', file: 'lightbus.mjs', options: { validate: true } };
const UNCHECKED = {
  ...{ title: 'nestjs-lightbus, validation off', file: 'lightbus.mjs' },
  options: { validate: false },
};

/** Those that fire; the first one is whom the others are compared with. */
export const FIRING = [RAW, CORKED, BULL, OURS, UNCHECKED];

/** Those that handle: what is received is not validated unless an application asks for it. */
export const HANDLING = [RAW, CORKED, BULL, OURS];

/**
 * Starts a peer.
 *
 * @param options.url of the Redis.
 * @param options.batchSize how many events it reads at once, where it handles.
 * @param options.handler asynchronous, is given each event, where it handles.
 */
export async function startPeer({ file, options }, others) {
  const { start } = await import(new URL(file, import.meta.url));
  return start({ ...options, ...others });
}
