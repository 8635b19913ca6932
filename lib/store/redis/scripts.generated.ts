// Made by lua/build.mjs from lua/*.lua: change those, and run `npm run build:lua`.
import type { Script } from '../../redis/script.js';

/**
 * Acknowledges those entries that the consumer owns, and moves the group's position.
 *
 * KEYS: stream, position
 * ARGV: group, consumer, id...
 * Reply: the ids that the consumer owned
 */
export const ACKNOWLEDGE: Script = {
  name: 'acknowledge',
  sha: 'e0a3fc5233a035cdd101b507d2029b4a6c497710',
  commands: ['hdel', 'hmget', 'hset', 'xack', 'xpending'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function settle(stream, position, group, id)
  local known = redis.call('HMGET', position, 'acknowledged', 'redriven', 'newest')
  redis.call('XACK', stream, group, id)
  local oldest = redis.call('XPENDING', stream, group)[2]
  local done = id
  if oldest and not newer(oldest, id) then done = before(oldest) end
  if known[1] and not newer(done, known[1]) then
    done = known[1]
  else
    local newest = known[3] and newer(known[3], id) and known[3] or id
    redis.call('HSET', position, 'acknowledged', done, 'newest', newest)
  end
  if not known[2] then return end
  if oldest and not newer(oldest, done) then
    redis.call('HSET', position, 'redriven', oldest)
  else
    redis.call('HDEL', position, 'redriven')
  end
end
local stream, position = KEYS[1], KEYS[2]
local group, consumer = ARGV[1], ARGV[2]
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, consumer) > 0 then
    settle(stream, position, group, ARGV[i])
    owned[#owned + 1] = ARGV[i]
  end
end
return owned`,
};

/**
 * Stores those entries, in order, that are not there yet. Does nothing where it would have to look at
 * more entries of the stream than it may: the caller looks through them, page by page, and comes again.
 *
 * KEYS: stream, and for each entry the key that says where it was stored
 * ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
 *   how many entries of it may be looked at, and for each entry: where it is (an entry id; '?' where it
 *   may be in that range; '' where it can't be), its Lightbus id, its event's name, how many values
 *   follow, and its fields
 * Reply: the ids of all: the new ones, and those that were there; nil where nothing was done
 */
export const APPEND_ONCE: Script = {
  name: 'append-once',
  sha: '26ab1ec848e43fbd7eafbfd2df76369edf4c4e36',
  commands: ['get', 'set', 'xadd', 'xrange'],
  lua: `local stream, remember, maxLength, from, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local entries, sought, missing = {}, {}, false
local first = 5
while first <= #ARGV do
  local place, id, name, values = ARGV[first], ARGV[first + 1], ARGV[first + 2], tonumber(ARGV[first + 3])
  local entry = { first = first + 4, last = first + 3 + values, key = KEYS[#entries + 2] }
  entry.id = redis.call('GET', entry.key)
  if not entry.id and place == '?' then
    sought[name .. ' ' .. id] = entry
    missing = true
  elseif not entry.id and place ~= '' then
    entry.id = place
  end
  entries[#entries + 1] = entry
  first = entry.last + 1
end
if missing then
  local recent = redis.call('XRANGE', stream, from, '+', 'COUNT', most + 1)
  if #recent > most then return false end
  for _, found in ipairs(recent) do
    local id, name
    for i = 1, #found[2], 2 do
      if found[2][i] == 'id' then id = id or found[2][i + 1] end
      if found[2][i] == 'event_name' then name = name or found[2][i + 1] end
    end
    local entry = sought[(name or '') .. ' ' .. (id or '')]
    if entry and not entry.id then entry.id = found[1] end
  end
end
local ids = {}
for i, entry in ipairs(entries) do
  if not entry.id then
    local command = { 'XADD', stream }
    if maxLength ~= '' then
      command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
    end
    command[#command + 1] = '*'
    for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
    entry.id = redis.call(unpack(command))
    redis.call('SET', entry.key, entry.id, 'PX', remember)
  end
  ids[i] = entry.id
end
return ids`,
};

/**
 * Takes over entries that other consumers have had in hand for too long.
 *
 * Not XAUTOCLAIM: that takes the caller's own entries too, raising their count, and drops entries
 * whose data is gone.
 *
 * KEYS: stream
 * ARGV: group, consumer, minimum idle ms, start, count
 * Reply: {where the next page starts or nil, {{id, fields or nil, delivery count} of each entry}}
 */
export const CLAIM: Script = {
  name: 'claim',
  sha: '44ded237dc3d732f68a1ed0e3b1f41e3ed8825b6',
  commands: ['xclaim', 'xpending', 'xrange'],
  lua: `local stream, group, consumer, minIdle, start, count = KEYS[1], unpack(ARGV)
local page = redis.call('XPENDING', stream, group, 'IDLE', minIdle, start, '+', count)
local claimed = {}
for _, pending in ipairs(page) do
  local id, owner, deliveries = pending[1], pending[2], pending[4]
  if owner ~= consumer then
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry then
      redis.call('XCLAIM', stream, group, consumer, minIdle, id)
      claimed[#claimed + 1] = { id, entry[2], deliveries + 1 }
    else
      claimed[#claimed + 1] = { id, false, deliveries }
    end
  end
end
local last = #page == tonumber(count) and page[#page][1]
if last == '18446744073709551615-18446744073709551615' then last = false end
return { last and '(' .. last, claimed }`,
};

/**
 * How many entries of the stream follow the id.
 *
 * KEYS: stream
 * ARGV: id, limit
 * Reply: the count, at most the limit
 */
export const COUNT_AFTER: Script = {
  name: 'count-after',
  sha: '9116158d123dde17363d3a4422d099e9cd867c88',
  commands: ['xrange'],
  lua: `local function countAfter(key, id, limit)
  local count, start = 0, '(' .. id
  while count < limit do
    local page = redis.call('XRANGE', key, start, '+', 'COUNT', 1000)
    count = count + #page
    if #page < 1000 then break end
    start = '(' .. page[#page][1]
  end
  return count
end
return countAfter(KEYS[1], ARGV[1], tonumber(ARGV[2]))`,
};

/**
 * Copies the entry to the dead-letter stream, and acknowledges it. (Names of the fields: dead-letter.ts.)
 *
 * Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are packed
 * into one value, as JSON.
 *
 * KEYS: stream, position, dead-letter stream
 * ARGV: group, consumer, id, report as JSON
 * Reply: 1, or 0 where the entry is not the consumer's any more
 */
export const DEAD_LETTER: Script = {
  name: 'dead-letter',
  sha: '8f7d5805e058a98428837711ad38221e9f1add66',
  commands: ['hdel', 'hget', 'hmget', 'hset', 'xack', 'xadd', 'xpending', 'xrange'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function settle(stream, position, group, id)
  local known = redis.call('HMGET', position, 'acknowledged', 'redriven', 'newest')
  redis.call('XACK', stream, group, id)
  local oldest = redis.call('XPENDING', stream, group)[2]
  local done = id
  if oldest and not newer(oldest, id) then done = before(oldest) end
  if known[1] and not newer(done, known[1]) then
    done = known[1]
  else
    local newest = known[3] and newer(known[3], id) and known[3] or id
    redis.call('HSET', position, 'acknowledged', done, 'newest', newest)
  end
  if not known[2] then return end
  if oldest and not newer(oldest, done) then
    redis.call('HSET', position, 'redriven', oldest)
  else
    redis.call('HDEL', position, 'redriven')
  end
end
local stream, position, letters = unpack(KEYS)
local group, consumer, id, report = unpack(ARGV)
redis.call('HGET', position, 'acknowledged')
local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
if not pending then return 0 end
local entry = redis.call('XRANGE', stream, id, id)[1]
if entry and pending[2] ~= consumer then return 0 end
local letter = { 'dead_letter', report }
if entry and #entry[2] > 7000 then
  letter[1], letter[3], letter[4] = 'dead_letter_packed', '', cjson.encode(entry[2])
elseif entry then
  for i = 1, #entry[2] do letter[i + 2] = entry[2][i] end
end
redis.call('XADD', letters, '*', unpack(letter))
settle(stream, position, group, id)
return 1`,
};

/**
 * The last id that the group has delivered.
 *
 * KEYS: stream
 * ARGV: group
 * Reply: the id, or nil where there is no such group
 */
export const GROUP_POSITION: Script = {
  name: 'group-position',
  sha: '7c1bd513959d881607f63a16e2c013d277885630',
  commands: ['exists', 'xinfo|groups', 'xinfo|stream'],
  lua: `local function map(flat)
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
local group = groupFacts(KEYS[1], ARGV[1])
return group and group['last-delivered-id'] or false`,
};

/**
 * Resets the idle time of those entries that the consumer owns. One whose data is gone is left alone:
 * XCLAIM would drop it from the pending list unseen.
 *
 * KEYS: stream
 * ARGV: group, consumer, id...
 * Reply: the ids that the consumer owns
 */
export const KEEP_ALIVE: Script = {
  name: 'keep-alive',
  sha: 'dfc0e5f24fc4cc7f249b21c7e7699d322cb7a616',
  commands: ['xclaim', 'xpending', 'xrange'],
  lua: `local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, consumer) > 0 then
    if #redis.call('XRANGE', stream, ARGV[i], ARGV[i]) > 0 then
      redis.call('XCLAIM', stream, group, consumer, 0, ARGV[i], 'JUSTID')
    end
    owned[#owned + 1] = ARGV[i]
  end
end
return owned`,
};

/**
 * Takes the lease, or makes the holder's own last.
 *
 * KEYS: lease
 * ARGV: holder, ms
 * Reply: the holder, where it is another one; else nil
 */
export const LEASE: Script = {
  name: 'lease',
  sha: '1c3d231903780f5c69b4bf6c5b0873f8f6f8e181',
  commands: ['get', 'pexpire', 'set'],
  lua: `local lease, caller, ms = KEYS[1], ARGV[1], ARGV[2]
local holder = redis.call('GET', lease)
if holder and holder ~= caller then return holder end
if holder then
  redis.call('PEXPIRE', lease, ms)
  return false
end
redis.call('SET', lease, caller, 'PX', ms)
return false`,
};

/**
 * Keeps house in the group: shows that the consumer lives, removes others that are gone for good, and
 * looks for what was lost.
 *
 * Reading the own pending list from its very end changes nothing but the consumer's idle time
 * (Redis 7.0: neither empty polls nor acknowledgements do).
 *
 * KEYS: stream, position
 * ARGV: group, consumer, consumer_ttl in ms, newest entry that the process knows, or ''
 * Reply: {lost after, lost until}, or nil
 */
export const MAINTAIN: Script = {
  name: 'maintain',
  sha: '8e62d9edab314316acff422a6d77dd68d7a4949b',
  commands: ['exists', 'hdel', 'hget', 'hmget', 'hset', 'xgroup|delconsumer', 'xinfo|consumers', 'xinfo|groups', 'xinfo|stream', 'xrange', 'xreadgroup', 'xrevrange'],
  lua: `local function map(flat)
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
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function firstAfter(key, id)
  if id == '18446744073709551615-18446744073709551615' then return nil end
  local entry = redis.call('XRANGE', key, '(' .. id, '+', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function missingFrom(stream, group)
  local read, last = group['entries-read'], group['last-delivered-id']
  if not read or not stream['entries-added'] then return nil end
  local first, ahead = stream['first-entry'], nil
  if not newer(stream['last-generated-id'], last) then
    ahead = 0
  elseif not first or newer(first[1], last) then
    ahead = stream['length']
  else
    return nil
  end
  return math.max(0, stream['entries-added'] - read - ahead)
end
local function lossOf(key, stream, group, position)
  local last = group['last-delivered-id']
  local told = redis.call('HMGET', position, 'deleted', 'missing', 'looked', 'next', 'read')
  local after, upto = last, nil
  local deleted = stream['max-deleted-entry-id']
  if deleted and newer(deleted, last) and not (told[1] and not newer(deleted, told[1])) then
    redis.call('HSET', position, 'deleted', deleted)
    upto = deleted
  end
  local missing = missingFrom(stream, group)
  if missing then
    local read = group['entries-read']
    redis.call('HSET', position, 'missing', missing, 'looked', last, 'read', read)
    local isSure = told[2] ~= 'some' and not (told[5] and read < tonumber(told[5]))
    local more = isSure and missing - (tonumber(told[2]) or 0) or 0
    if more > (upto and 1 or 0) then
      local first, trimmed = stream['first-entry'], stream['last-generated-id']
      if not newer(trimmed, last) then
        after = told[3] or '0-0'
      elseif first then
        trimmed = before(first[1])
      end
      if not upto or newer(trimmed, upto) then upto = trimmed end
    end
  elseif upto then
    redis.call('HSET', position, 'missing', 'some')
  end
  local next = firstAfter(key, last)
  if not upto and told[4] and newer(told[4], last) and not (next and not newer(next, told[4])) then
    upto = next and before(next) or stream['last-generated-id']
    if not missing then redis.call('HSET', position, 'missing', 'some') end
  end
  if next and next ~= told[4] then
    redis.call('HSET', position, 'next', next)
  elseif not next and told[4] then
    redis.call('HDEL', position, 'next')
  end
  return upto and { after, upto } or false
end
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return deleted and newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end
local function newestOf(stream, position)
  local known = redis.call('HGET', position, 'newest')
  local last = stream['last-generated-id']
  if (stream['entries-added'] or stream['length']) == 0 or known and not newer(last, known) then return known end
  redis.call('HSET', position, 'newest', last)
  return last
end
local function rollbackOf(key, stream, newest, position)
  if newest == '' or not holdsNot(key, stream, newest) then return false end
  local told = redis.call('HGET', position, 'rolled_back')
  if told and not newer(newest, told) then return false end
  redis.call('HSET', position, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { kept and kept[1] or '0-0', newest }
end
redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '18446744073709551615-0')
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = map(flat)
  if consumer['name'] ~= ARGV[2] and consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
  end
end
local stream = streamFacts(KEYS[1])
local rollback = rollbackOf(KEYS[1], stream, ARGV[4], KEYS[2])
newestOf(stream, KEYS[2])
return rollback or lossOf(KEYS[1], stream, groupFacts(KEYS[1], ARGV[1]), KEYS[2])`,
};

/**
 * Makes group and consumer where missing: a new group at since, one that has vanished where it stopped,
 * or at the beginning of the stream that has taken the place of its own.
 *
 * In one step, as Python's start destroys every group that has no consumer; MKSTREAM and not
 * Lightbus's no-op entry: Python accepts both, and history stays clean.
 *
 * KEYS: stream, position
 * ARGV: group, consumer, since, position and newest entry that the process knows, or '', how many
 *   entries may be counted
 * Reply: {created, last delivered id, lag or nil, {lost after, lost until or nil} or nil, newest entry
 *   that the stream is known to have held, or nil, 1 where the group had been there before}
 */
export const OPEN_GROUP: Script = {
  name: 'open-group',
  sha: '746d6e98ae42e30e4b97635887d266bdcca1253f',
  commands: ['del', 'exists', 'hdel', 'hget', 'hmget', 'hset', 'xgroup|create', 'xgroup|createconsumer', 'xinfo|groups', 'xinfo|stream', 'xpending', 'xrange', 'xrevrange'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
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
local function firstAfter(key, id)
  if id == '18446744073709551615-18446744073709551615' then return nil end
  local entry = redis.call('XRANGE', key, '(' .. id, '+', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function missingFrom(stream, group)
  local read, last = group['entries-read'], group['last-delivered-id']
  if not read or not stream['entries-added'] then return nil end
  local first, ahead = stream['first-entry'], nil
  if not newer(stream['last-generated-id'], last) then
    ahead = 0
  elseif not first or newer(first[1], last) then
    ahead = stream['length']
  else
    return nil
  end
  return math.max(0, stream['entries-added'] - read - ahead)
end
local function lossOf(key, stream, group, position)
  local last = group['last-delivered-id']
  local told = redis.call('HMGET', position, 'deleted', 'missing', 'looked', 'next', 'read')
  local after, upto = last, nil
  local deleted = stream['max-deleted-entry-id']
  if deleted and newer(deleted, last) and not (told[1] and not newer(deleted, told[1])) then
    redis.call('HSET', position, 'deleted', deleted)
    upto = deleted
  end
  local missing = missingFrom(stream, group)
  if missing then
    local read = group['entries-read']
    redis.call('HSET', position, 'missing', missing, 'looked', last, 'read', read)
    local isSure = told[2] ~= 'some' and not (told[5] and read < tonumber(told[5]))
    local more = isSure and missing - (tonumber(told[2]) or 0) or 0
    if more > (upto and 1 or 0) then
      local first, trimmed = stream['first-entry'], stream['last-generated-id']
      if not newer(trimmed, last) then
        after = told[3] or '0-0'
      elseif first then
        trimmed = before(first[1])
      end
      if not upto or newer(trimmed, upto) then upto = trimmed end
    end
  elseif upto then
    redis.call('HSET', position, 'missing', 'some')
  end
  local next = firstAfter(key, last)
  if not upto and told[4] and newer(told[4], last) and not (next and not newer(next, told[4])) then
    upto = next and before(next) or stream['last-generated-id']
    if not missing then redis.call('HSET', position, 'missing', 'some') end
  end
  if next and next ~= told[4] then
    redis.call('HSET', position, 'next', next)
  elseif not next and told[4] then
    redis.call('HDEL', position, 'next')
  end
  return upto and { after, upto } or false
end
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return deleted and newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end
local function newestOf(stream, position)
  local known = redis.call('HGET', position, 'newest')
  local last = stream['last-generated-id']
  if (stream['entries-added'] or stream['length']) == 0 or known and not newer(last, known) then return known end
  redis.call('HSET', position, 'newest', last)
  return last
end
local function rollbackOf(key, stream, newest, position)
  if newest == '' or not holdsNot(key, stream, newest) then return false end
  local told = redis.call('HGET', position, 'rolled_back')
  if told and not newer(newest, told) then return false end
  redis.call('HSET', position, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { kept and kept[1] or '0-0', newest }
end
local function countAfter(key, id, limit)
  local count, start = 0, '(' .. id
  while count < limit do
    local page = redis.call('XRANGE', key, start, '+', 'COUNT', 1000)
    count = count + #page
    if #page < 1000 then break end
    start = '(' .. page[#page][1]
  end
  return count
end
local function readUpTo(stream, start)
  if not stream then return 0 end
  local first = stream['first-entry']
  if start == '$' then return stream['entries-added'] end
  if not string.match(start, '^%d+-?%d*$') then return nil end
  if not newer(stream['last-generated-id'], start) then return stream['entries-added'] end
  if not first or newer(first[1], start) then return stream['entries-added'] - stream['length'] end
  local rest = countAfter(KEYS[1], start, tonumber(ARGV[6]))
  return rest < tonumber(ARGV[6]) and stream['entries-added'] - rest or nil
end
local stored = redis.call('HMGET', KEYS[2], 'acknowledged', 'redriven', 'newest')
local created, vanished, lost = 0, false, false
if not groupFacts(KEYS[1], ARGV[1]) then
  local stopped = stored[1] or (ARGV[4] ~= '' and ARGV[4]) or nil
  local start = stopped or ARGV[3]
  if stored[2] and newer(start, before(stored[2])) then start = before(stored[2]) end
  local newest = stored[3] or ''
  if ARGV[5] ~= '' and (newest == '' or newer(ARGV[5], newest)) then newest = ARGV[5] end
  vanished = stopped ~= nil
  local stream = streamFacts(KEYS[1])
  if newest ~= '' and (not stream or holdsNot(KEYS[1], stream, newest)) then
    lost = { stopped or '0-0', false }
    start = '0'
    redis.call('DEL', KEYS[2])
    redis.call('HSET', KEYS[2], 'rolled_back', newest)
  end
  local create = { 'XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM' }
  local read = readUpTo(stream, start)
  if read then create[7], create[8] = 'ENTRIESREAD', read end
  local reply = redis.pcall(unpack(create))
  if reply.err then return reply end
  created = 1
  stream = streamFacts(KEYS[1])
  local at = groupFacts(KEYS[1], ARGV[1])['last-delivered-id']
  redis.call('HDEL', KEYS[2], 'redriven', 'missing', 'next', 'read')
  redis.call('HSET', KEYS[2], 'acknowledged', at, 'looked', at)
  local deleted = stream['max-deleted-entry-id']
  if deleted and not stopped then redis.call('HSET', KEYS[2], 'deleted', deleted) end
end
redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], ARGV[2])
local group, stream = groupFacts(KEYS[1], ARGV[1]), streamFacts(KEYS[1])
if created == 0 and not stored[1] then
  local oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
  redis.call('HSET', KEYS[2], 'acknowledged', oldest and before(oldest) or group['last-delivered-id'])
end
if created == 0 then lost = rollbackOf(KEYS[1], stream, ARGV[5], KEYS[2]) end
local newest = newestOf(stream, KEYS[2])
lost = lost or lossOf(KEYS[1], stream, group, KEYS[2])
return { created, group['last-delivered-id'], group['lag'] or false, lost, newest or false, vanished and 1 or 0 }`,
};

/**
 * The next entries that the group has handed to nobody yet.
 *
 * Redis (7.0.15, for one) tells its append-only file and its replicas which entries a group has read,
 * but not how many: after a restart or a failover everything would look lost (loss.lua). So we do.
 *
 * KEYS: stream
 * ARGV: group, consumer, count
 * Reply: {id, fields} of each entry
 */
export const READ_NEW: Script = {
  name: 'read-new',
  sha: 'd3f150b47a8491bec33d2492752fe4668771ef64',
  commands: ['exists', 'xgroup|setid', 'xinfo|groups', 'xinfo|stream', 'xreadgroup'],
  lua: `local function map(flat)
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
local stream, group, consumer, count = KEYS[1], unpack(ARGV)
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')
if not reply then return {} end
local facts = groupFacts(stream, group)
local read = facts['entries-read']
if read then redis.call('XGROUP', 'SETID', stream, group, facts['last-delivered-id'], 'ENTRIESREAD', read) end
return reply[1][2]`,
};

/**
 * The consumer's own pending entries, with their delivery counts.
 *
 * KEYS: stream
 * ARGV: group, consumer, id to start after, count
 * Reply: {id, fields or nil, delivery count} of each entry
 */
export const READ_PENDING: Script = {
  name: 'read-pending',
  sha: 'c51e6714e09e7d44222469b9520886f7cd7c580a',
  commands: ['xpending', 'xreadgroup'],
  lua: `local stream, group, consumer, after, count = KEYS[1], unpack(ARGV)
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, after)
if not reply then return {} end
local entries = {}
for i, entry in ipairs(reply[1][2]) do
  local pending = redis.call('XPENDING', stream, group, entry[1], entry[1], 1)
  entries[i] = { entry[1], entry[2], pending[1] and pending[1][4] or 1 }
end
return entries`,
};

/**
 * Puts the originals of dead letters back on the pending list, long idle, so that any consumer claims
 * them next; removes the letters.
 *
 * No payload is read: XCLAIM tells whether the original is there, and XDEL whether the letter is. An
 * original that is pending already is in somebody's hand (the group was made again, or went back), or
 * was driven again before: it stays as it is, and its letter goes.
 *
 * KEYS: stream, position, dead-letter stream
 * ARGV: group, consumer to hold originals meanwhile, idle ms, and for each letter its id and its original's
 * Reply: how many; a letter that is gone counts as none, and one whose original's data is gone stays
 */
export const REDRIVE: Script = {
  name: 'redrive',
  sha: '68e798ce0606c6e159ec20617bbcfebb7921830d',
  commands: ['hget', 'hset', 'xack', 'xclaim', 'xdel', 'xpending', 'xrange'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local stream, position, letters = unpack(KEYS)
local group, keeper, idle = unpack(ARGV)
local known = redis.call('HGET', position, 'redriven')
local count, oldest = 0, nil
for i = 4, #ARGV, 2 do
  local letter, original = ARGV[i], ARGV[i + 1]
  if #redis.call('XPENDING', stream, group, original, original, 1) > 0 then
    local isThere = #redis.call('XRANGE', stream, original, original) > 0
    if isThere then count = count + redis.call('XDEL', letters, letter) end
  elseif #redis.call('XCLAIM', stream, group, keeper, 0, original, 'IDLE', idle, 'RETRYCOUNT', 0, 'FORCE', 'JUSTID') > 0 then
    if redis.call('XDEL', letters, letter) == 1 then
      count = count + 1
      if not oldest or newer(oldest, original) then oldest = original end
    else
      redis.call('XACK', stream, group, original)
    end
  end
end
if oldest and (not known or newer(known, oldest)) then redis.call('HSET', position, 'redriven', oldest) end
return count`,
};

/**
 * Deletes the holder's own lease.
 *
 * KEYS: lease
 * ARGV: holder
 * Reply: 1
 */
export const RELEASE: Script = {
  name: 'release',
  sha: 'fe922d9c0ce01e40291b439d6b6133804a9174cd',
  commands: ['del', 'get'],
  lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`,
};

/** All of them. */
export const SCRIPTS: readonly Script[] = [
  ACKNOWLEDGE,
  APPEND_ONCE,
  CLAIM,
  COUNT_AFTER,
  DEAD_LETTER,
  GROUP_POSITION,
  KEEP_ALIVE,
  LEASE,
  MAINTAIN,
  OPEN_GROUP,
  READ_NEW,
  READ_PENDING,
  REDRIVE,
  RELEASE,
];
