// The same events for every peer: an order of five properties, as large as events usually are.
export const API = 'bench';
export const STREAM = `${API}.*:stream`;
export const GROUP = 'bench-listener';

/** The n-th event. */
export function eventOf(n) {
  return {
    n,
    orderId: '0b0f7a3e-6a55-4f4e-9d5c-2f3b1c8d9e01',
    email: 'customer@example.com',
    price: 19.99,
    note: 'Please ring twice',
  };
}

const STORE = `
local fields = { 'id', '', 'api_name', ARGV[1], 'event_name', 'placed', 'version', '1', ':n', '' }
for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
for n = tonumber(ARGV[2]), tonumber(ARGV[3]) - 1 do
  fields[2] = 'stored-' .. n
  fields[10] = string.format('%d', n)
  redis.call('XADD', KEYS[1], '*', unpack(fields))
end`;
const PAGE = 10_000;

/** Stores events up to `count` on Lightbus's wire, inside Redis: a client would take minutes. */
export async function storeOnWire(client, count, { from = 0, stream = STREAM } = {}) {
  const { n, ...others } = eventOf(from);
  const fields = Object.entries(others).flatMap(([name, value]) => [
    `:${name}`,
    JSON.stringify(value),
  ]);
  for (let at = n; at < count; at += PAGE) {
    await client.eval(STORE, 1, stream, API, at, Math.min(at + PAGE, count), ...fields);
  }
}
