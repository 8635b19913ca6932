/**
 * Lua scripts: steps that must not be split, because another consumer may claim an entry in between.
 * They are sent as text each time (EVAL): Redis compiles a text once, and nothing breaks when its
 * script cache is flushed. KEYS[1] is the stream.
 */

/** Orders entry ids: `newer(a, b)` where a follows b. Sequence numbers fit a double long before they matter. */
const NEWER = `
local function newer(a, b)
  local am, as = string.match(a, '^(%d+)-?(%d*)$')
  local bm, bs = string.match(b, '^(%d+)-?(%d*)$')
  am, bm = tonumber(am), tonumber(bm)
  if am ~= bm then return am > bm end
  return (tonumber(as) or 0) > (tonumber(bs) or 0)
end`;

/**
 * Acknowledges one entry and remembers, in the hash `position`, up to where everything is done:
 * before the oldest entry that is still pending with anybody, else up to the entry itself. A group
 * that vanishes is made again there.
 */
const SETTLE = `${NEWER}
local function settle(stream, position, group, id)
  redis.call('XACK', stream, group, id)
  local oldest = redis.call('XPENDING', stream, group)[2]
  local done = id
  if oldest and not newer(oldest, id) then
    local ms, seq = string.match(oldest, '^(%d+)-(%d+)$')
    if tonumber(seq) > 0 then
      done = ms .. '-' .. string.format('%.0f', tonumber(seq) - 1)
    else
      done = string.format('%.0f', tonumber(ms) - 1) .. '-18446744073709551615'
    end
  end
  local before = redis.call('HGET', position, 'acknowledged')
  if not before or newer(done, before) then redis.call('HSET', position, 'acknowledged', done) end
end`;

/** KEYS[2] the position. ARGV: group, consumer, ids. Acknowledges those that the consumer owns; returns their ids. */
export const ACKNOWLEDGE = `${SETTLE}
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) > 0 then
    settle(KEYS[1], KEYS[2], ARGV[1], ARGV[i])
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
 * KEYS[2] the position, KEYS[3] the dead-letter stream. ARGV: group, consumer, id, report as JSON. Copies the entry there
 * and acknowledges it; returns 1, or 0 where the entry is not the consumer's any more.
 *
 * Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are
 * packed into one value (MessagePack).
 */
export const DEAD_LETTER = `${SETTLE}
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
redis.call('XADD', KEYS[3], '*', unpack(letter))
settle(KEYS[1], KEYS[2], ARGV[1], ARGV[3])
return 1`;

/**
 * KEYS[2] the dead-letter stream. ARGV: group, letter's id, original's id, idle ms. Puts the original
 * back on the pending list, long idle, so that any consumer claims it next; removes the letter.
 * Returns 1, or 0 where the letter or the original's data is gone.
 */
export const REDRIVE = `
if #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then return 0 end
if #redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3]) == 0 then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], 'redrive', 0, ARGV[3], 'IDLE', ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
redis.call('XDEL', KEYS[2], ARGV[2])
return 1`;

/** Facts of a stream and a group, as maps; nil where they don't exist. */
const FACTS = `
local function map(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
local function streamFacts(stream)
  if redis.call('EXISTS', stream) == 0 then return nil end
  return map(redis.call('XINFO', 'STREAM', stream))
end
local function groupFacts(stream, name)
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = map(flat)
    if group['name'] == name then return group end
  end
end
-- Entries that were deleted before the group was given them (Redis 7 and later know). Told once.
local function lostIn(stream, group, position)
  local deleted = stream['max-deleted-entry-id']
  if not deleted or not newer(deleted, group['last-delivered-id']) then return false end
  local told = redis.call('HGET', position, 'lost')
  if told and not newer(deleted, told) then return false end
  redis.call('HSET', position, 'lost', deleted)
  return { group['last-delivered-id'], deleted }
end`;

/**
 * KEYS[2] the position. ARGV: group, consumer, since, position known to the process or '' (for a
 * Redis that has forgotten its own). Makes group and consumer where missing: a new group at since,
 * one that has vanished where it stopped.
 * Returns {created, last delivered id, lag or nil, {lost after, lost until or nil} or nil}.
 *
 * In one step, as Python's start destroys every group that has no consumer; MKSTREAM and not
 * Lightbus's no-op entry: Python accepts both, and history stays clean.
 */
export const OPEN_GROUP = `${NEWER}${FACTS}
-- What is stored comes first: it knows of other processes' pending entries, too.
local position = redis.call('HGET', KEYS[2], 'acknowledged') or (ARGV[4] ~= '' and ARGV[4])
local created, lost = 0, false
if not groupFacts(KEYS[1], ARGV[1]) then
  local start = position or ARGV[3]
  local stream = streamFacts(KEYS[1])
  if position and newer(position, stream and stream['last-generated-id'] or '0-0') then
    -- Not the stream that the position is from: that one is gone, with what the group had not read.
    lost = { position, false }
    start = '0'
  end
  local reply = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM')
  if reply.err then return reply end
  created = 1
  local now = groupFacts(KEYS[1], ARGV[1])
  redis.call('HSET', KEYS[2], 'acknowledged', now['last-delivered-id'])
  if not position then
    -- What was deleted before the group existed is not its loss.
    local deleted = streamFacts(KEYS[1])['max-deleted-entry-id']
    if deleted then redis.call('HSET', KEYS[2], 'lost', deleted) end
  end
end
redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], ARGV[2])
local group = groupFacts(KEYS[1], ARGV[1])
lost = lost or lostIn(streamFacts(KEYS[1]), group, KEYS[2])
return { created, group['last-delivered-id'], group['lag'] or false, lost }`;

/**
 * KEYS[2] the position. ARGV: group, consumer, consumer_ttl in ms. Returns {lost after, lost until} or nil.
 *
 * Reading the own pending list from its very end changes nothing but the consumer's idle time
 * (Redis 7.0: neither empty polls nor acknowledgements do).
 */
export const MAINTAIN = `${NEWER}${FACTS}
redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '18446744073709551615-0')
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = map(flat)
  if consumer['name'] ~= ARGV[2] and consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
  end
end
return lostIn(streamFacts(KEYS[1]), groupFacts(KEYS[1], ARGV[1]), KEYS[2])`;

/** KEYS[1] the lease. ARGV: holder, ms. Takes it or makes it last; returns the holder if it is another one. */
export const LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`;

/** KEYS[1] the lease. ARGV: holder. Deletes the holder's own lease. */
export const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

/**
 * ARGV: Lightbus id, ms to look back, MAXLEN or '', fields. Stores an entry unless one of the stream's
 * recent ones has its Lightbus id; returns the id of the entry that is there.
 */
export const APPEND_ONCE = `
local time = redis.call('TIME')
local oldest = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) - tonumber(ARGV[2]))
local from = '+'
while true do
  local page = redis.call('XREVRANGE', KEYS[1], from, oldest, 'COUNT', 200)
  for _, entry in ipairs(page) do
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'id' and entry[2][i + 1] == ARGV[1] then return entry[1] end
    end
  end
  if #page < 200 then break end
  from = '(' .. page[#page][1]
end
local command = { 'XADD', KEYS[1] }
if ARGV[3] ~= '' then
  command[3], command[4], command[5] = 'MAXLEN', '~', ARGV[3]
end
command[#command + 1] = '*'
for i = 4, #ARGV do command[#command + 1] = ARGV[i] end
return redis.call(unpack(command))`;

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
