-- What was deleted or trimmed before the group was given it; each loss once. From what Redis tells:
--
-- - max-deleted-entry-id (XDEL): entries ahead of the group were deleted;
-- - entries-added, entries-read: trimming leaves fewer entries ahead of the group than were added
--   since it read. How many are ahead is known without counting them where the group has read
--   everything, and where nothing is left of what it has read.
-- - Without these counters (where Redis has lost count): the first entry that the group had not been
--   given at the last look is gone. Trimming takes that one first.

--- @include "entry-ids"

local function firstAfter(key, id)
  -- Nothing follows the highest id, and Redis takes no range after it.
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

-- {after, until}, or false.
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
    -- A count that has gone back was lost by Redis at a restart, and not the entries.
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
    -- How many were deleted comes out with the next count, and is no further loss then.
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
