-- The position of one group on one stream is a hash:
--   acknowledged  up to where everything is done, but for what was driven again
--   redriven      the oldest entry up to there that is pending again
--   newest        an entry that the stream is known to have held
--   deleted, missing, looked, next, read
--                 how much of what was lost has been told, see loss.lua
--   rolled_back   the same of what Redis itself has lost, see rollback.lua

--- @include "entry-ids"

-- Acknowledges the entry, and moves the position: before the oldest entry that is pending with
-- anybody, else up to the entry itself.
local function settle(stream, position, group, id)
  local known = redis.call('HMGET', position, 'acknowledged', 'redriven', 'newest')
  -- Before anything is written to the position: when memory is short, Redis refuses what needs more
  -- unless the script has changed something already.
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
