--- @include "server-time"

-- Entries that are left to whoever claims them next are pending with a consumer that is nobody.

-- `areUnclaimed(stream, group, nobody)`: whether there are such.
local function areUnclaimed(stream, group, nobody)
  return #redis.call('XPENDING', stream, group, '-', '+', 1, nobody) > 0
end

-- `noteUnclaimed(state)`: from now on there are. Their idle time doesn't say since when. After they were claimed by
-- nobody: see first-write.lua.
local function noteUnclaimed(state)
  redis.call('HSET', state, 'unclaimed', string.format('%.0f', serverTime()))
end
