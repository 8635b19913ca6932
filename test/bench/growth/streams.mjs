import { fromPackage } from '../package.mjs';

const { DEAD_LETTER_FIELD, deadLetterStream, formatReport } =
  await fromPackage('store/dead-letter.js');

/** Streams of a given size, made inside Redis: a client would take minutes for them. */

const PAGE = 10_000;

const FILL = `
local fields = { 'id', '', 'api_name', ARGV[1], 'event_name', 'counted', 'version', '1', ':n', '1', ':text', '"' .. string.rep('x', tonumber(ARGV[2])) .. '"' }
for i = 1, tonumber(ARGV[3]) do
  fields[2] = ARGV[4] .. i
  redis.call('XADD', KEYS[1], '*', unpack(fields))
end`;

/** Stream of an API with one stream for all of its events. */
export function streamOf(api) {
  return `${api}.*:stream`;
}

/** Adds so many valid events of this size. */
export async function fill(client, api, count, bytes = 200) {
  const page = Math.max(1, Math.min(PAGE, Math.floor(50e6 / bytes)));
  for (let done = 0; done < count; done += page) {
    const n = Math.min(page, count - done);
    await client.eval(FILL, 1, streamOf(api), api, bytes, n, `${done}-`);
  }
}

/** Adds one event as a foreign writer would. */
export function add(client, api, n) {
  const metadata = ['id', `add-${n}`, 'api_name', api, 'event_name', 'counted', 'version', '1'];
  return client.xadd(streamOf(api), '*', ...metadata, ':n', n, ':text', '"text"');
}

/** So many keys that concern nobody. */
export async function foreignKeys(client, count) {
  const script = `for i = 1, tonumber(ARGV[2]) do redis.call('SET', 'foreign:' .. ARGV[1] .. ':' .. i, '') end`;
  for (let done = 0; done < count; done += PAGE) {
    await client.eval(script, 0, done, Math.min(PAGE, count - done));
  }
}

const LETTERS = `
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
for _, entry in ipairs(entries) do
  local report = string.gsub(ARGV[3], '"0%-0"', '"' .. entry[1] .. '"')
  redis.call('XADD', KEYS[2], '*', ARGV[4], report, unpack(entry[2]))
end
return entries[#entries] and '(' .. entries[#entries][1]`;

/** A dead letter for each entry of an API's stream, as a listener sets them aside. */
export async function setAside(client, api, group) {
  const stream = streamOf(api);
  const letters = deadLetterStream({ stream, group });
  const report = formatReport(
    { listener: 'listener', reason: 'failed', message: 'it failed', attempts: 10 },
    { stream, nativeId: '0-0', group, consumer: 'growth', time: new Date().toISOString() },
  );
  for (let start = '-'; start;) {
    const page = [start, 1_000, report, DEAD_LETTER_FIELD];
    start = await client.eval(LETTERS, 2, stream, letters, ...page);
  }
  return letters;
}
