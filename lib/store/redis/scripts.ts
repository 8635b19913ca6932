/**
 * Lua scripts about single entries and names: steps that must not be split, because another consumer
 * may claim an entry in between. They are sent as text each time (EVAL): Redis compiles a text once,
 * and nothing breaks when its script cache is flushed. KEYS[1] is the stream.
 */
import { FACTS, POSITION } from './position-scripts.js';

/** KEYS[2] the position. ARGV: group, consumer, ids. Acknowledges those that the consumer owns; returns their ids. */
export const ACKNOWLEDGE = `${POSITION}
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
 * ARGV: group, consumer, count. The next entries that the group has handed to nobody yet: {id, fields}
 * each.
 *
 * Redis (7.0.15, for one) tells its append-only file and its replicas which entries a group has read,
 * but not how many: after a restart or a failover everything would look lost (`lossOf`). So we do.
 */
export const READ_NEW = `${FACTS}
local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
if not reply then return {} end
local group = groupFacts(KEYS[1], ARGV[1])
local read = group['entries-read']
if read then redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], group['last-delivered-id'], 'ENTRIESREAD', read) end
return reply[1][2]`;

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
local last = #page == tonumber(ARGV[5]) and page[#page][1]
-- Nothing follows the highest id, and Redis takes no range after it.
if last == '18446744073709551615-18446744073709551615' then last = false end
return { last and '(' .. last, claimed }`;

/** KEYS[1] the lease. ARGV: holder, ms. Takes it or makes it last; returns the holder if it is another one. */
export const LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
-- PEXPIRE works also when memory is short, and handling frees some.
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return false
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`;

/** KEYS[1] the lease. ARGV: holder. Deletes the holder's own lease. */
export const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

/**
 * KEYS[1] the stream, and for each entry the key that says where it was stored. ARGV: ms to look back,
 * MAXLEN or '', and for each entry: since when it may have been stored without such a key (ms of an
 * entry id, or '' where it can't have been), its Lightbus id, its event's name, how many values follow,
 * and its fields. Stores those entries, in order, that are not there yet; returns the ids of all: the
 * new ones, and those that were there.
 */
export const APPEND_ONCE = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local entries, wanted, missing, oldest = {}, {}, 0, now
local first = 3
while first <= #ARGV do
  local since, id, name, values = ARGV[first], ARGV[first + 1], ARGV[first + 2], tonumber(ARGV[first + 3])
  local entry = { first = first + 4, last = first + 3 + values, key = KEYS[#entries + 2] }
  entry.id = redis.call('GET', entry.key)
  entries[#entries + 1] = entry
  if not entry.id and since ~= '' then
    wanted[id .. ' ' .. name] = entry
    missing = missing + 1
    oldest = math.min(oldest, math.max(tonumber(since), now - tonumber(ARGV[1])))
  end
  first = entry.last + 1
end
local from = '+'
while missing > 0 do
  local page = redis.call('XREVRANGE', KEYS[1], from, string.format('%.0f', oldest), 'COUNT', 200)
  for _, found in ipairs(page) do
    local id, name = '', ''
    for i = 1, #found[2], 2 do
      if found[2][i] == 'id' then id = found[2][i + 1] end
      if found[2][i] == 'event_name' then name = found[2][i + 1] end
    end
    local entry = wanted[id .. ' ' .. name]
    if entry and not entry.id then
      entry.id = found[1]
      missing = missing - 1
    end
  end
  if #page < 200 then break end
  from = '(' .. page[#page][1]
end
local ids = {}
for i, entry in ipairs(entries) do
  if not entry.id then
    local command = { 'XADD', KEYS[1] }
    if ARGV[2] ~= '' then
      command[3], command[4], command[5] = 'MAXLEN', '~', ARGV[2]
    end
    command[#command + 1] = '*'
    for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
    entry.id = redis.call(unpack(command))
    redis.call('SET', entry.key, entry.id, 'PX', ARGV[1])
  end
  ids[i] = entry.id
end
return ids`;
