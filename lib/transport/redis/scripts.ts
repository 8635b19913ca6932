/**
 * Lua scripts: steps that must not be split, because another consumer may claim an entry in between.
 * They are sent as text each time (EVAL): Redis compiles a text once, and nothing breaks when its
 * script cache is flushed. KEYS[1] is the stream.
 */

/** ARGV: group, consumer, ids. Acknowledges those that the consumer owns; returns their ids. */
export const ACKNOWLEDGE = `
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) > 0 then
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
    owned[#owned + 1] = ARGV[i]
  end
end
return owned`;

/**
 * ARGV: group, consumer, ids. Resets the idle time of those that the consumer owns; returns their
 * ids. An entry whose data is gone is left alone: XCLAIM would drop it from the pending list unseen.
 */
export const KEEP_ALIVE = `
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) > 0 then
    if #redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i]) > 0 then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    end
    owned[#owned + 1] = ARGV[i]
  end
end
return owned`;

/**
 * ARGV: group, consumer, id to start after, count. The consumer's own pending entries with their
 * delivery counts: {id, fields or nil, count} each.
 */
export const READ_PENDING = `
local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], ARGV[3])
if not reply then return {} end
local entries = {}
for i, entry in ipairs(reply[1][2]) do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
  entries[i] = { entry[1], entry[2], pending[1] and pending[1][4] or 1 }
end
return entries`;

/**
 * ARGV: group, consumer, minimum idle ms, start, count. Takes over other consumers' entries;
 * returns {next start or nil, {{id, fields or nil, count}, ...}}.
 *
 * Not XAUTOCLAIM: that takes the caller's own entries too, raising their count, and drops entries
 * whose data is gone.
 */
export const CLAIM = `
local page = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[4], '+', ARGV[5])
local claimed = {}
for _, pending in ipairs(page) do
  if pending[2] ~= ARGV[2] then
    local entry = redis.call('XRANGE', KEYS[1], pending[1], pending[1])[1]
    if entry then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], pending[1])
      claimed[#claimed + 1] = { pending[1], entry[2], pending[4] + 1 }
    else
      claimed[#claimed + 1] = { pending[1], false, pending[4] }
    end
  end
end
local more = #page == tonumber(ARGV[5])
return { more and '(' .. page[#page][1] or false, claimed }`;

/**
 * KEYS[2] the dead-letter stream. ARGV: group, consumer, id, report as JSON. Copies the entry there
 * and acknowledges it; returns 1, or 0 where the entry is not the consumer's any more.
 *
 * Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are
 * packed into one value (MessagePack).
 */
export const DEAD_LETTER = `
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1]
if not pending then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry and pending[2] ~= ARGV[2] then return 0 end
local letter = { 'dead_letter', ARGV[4] }
if entry and #entry[2] > 7000 then
  letter[3] = 'fields_msgpack'
  letter[4] = cmsgpack.pack(entry[2])
elseif entry then
  for i = 1, #entry[2] do letter[i + 2] = entry[2][i] end
end
redis.call('XADD', KEYS[2], '*', unpack(letter))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** ARGV: id, limit. How many entries follow the id, counted up to the limit. */
export const COUNT_AFTER = `
local count, start, limit = 0, '(' .. ARGV[1], tonumber(ARGV[2])
while count < limit do
  local page = redis.call('XRANGE', KEYS[1], start, '+', 'COUNT', 1000)
  count = count + #page
  if #page < 1000 then break end
  start = '(' .. page[#page][1]
end
return count`;
