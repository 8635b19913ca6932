-- Makes group and consumer where missing: a new group at since, one that has vanished where it stopped,
-- or at the beginning of the stream that has taken the place of its own.
--
-- In one step, as Python's start destroys every group that has no consumer; MKSTREAM and not
-- Lightbus's no-op entry: Python accepts both, and history stays clean.
--
-- KEYS: stream, position
-- ARGV: group, consumer, since, position and newest entry that the process knows, or '', how many
--   entries may be counted
-- Reply: {created, last delivered id, lag or nil, {lost after, lost until or nil} or nil, newest entry
--   that the stream is known to have held, or nil, 1 where the group had been there before}
--
-- @commands xgroup|create

--- @include "entry-ids"
--- @include "facts"
--- @include "loss"
--- @include "rollback"
--- @include "count-after"

-- How many entries a group that starts there counts as read: without that, nobody would notice what
-- is trimmed before it is read. Of a very long rest Redis finds it out when all of it has been read.
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
  -- What is stored was written with each acknowledgement, whichever process it was.
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
  -- What was deleted before the group existed is not its loss.
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
return { created, group['last-delivered-id'], group['lag'] or false, lost, newest or false, vanished and 1 or 0 }
