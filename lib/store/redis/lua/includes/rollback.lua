-- {after, until} where an entry that the process knows is not on the stream, although nobody has
-- deleted it: a snapshot was restored, or a replica took over that had not received everything.
-- False otherwise, and where that has been told.

--- @include "newest"

local function rollbackOf(key, stream, newest, position)
  if newest == '' or not holdsNot(key, stream, newest) then return false end
  local told = redis.call('HGET', position, 'rolled_back')
  if told and not newer(newest, told) then return false end
  redis.call('HSET', position, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { kept and kept[1] or '0-0', newest }
end
