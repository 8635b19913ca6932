-- Puts the originals of dead letters back on the pending list, long idle, so that any consumer claims
-- them next; removes the letters.
--
-- No payload is read: XCLAIM tells whether the original is there, and XDEL whether the letter is. An
-- original that is pending already is in somebody's hand (the group was made again, or went back), or
-- was driven again before: it stays as it is, and its letter goes.
--
-- KEYS: stream, the group's state, dead-letter stream, the stream's bell
-- ARGV: group, consumer to hold originals meanwhile, idle ms, and for each letter its id and its original's
-- Reply: how many; a letter that is gone counts as none, and one whose original's data is gone stays

--- @include "entry-ids"
--- @include "ring"
--- @include "unclaimed"

local stream, state, letters, bell = unpack(KEYS)
local group, keeper, idle = unpack(ARGV)
local known = redis.call('HMGET', state, 'redriven', 'count')
local count, again, oldest = 0, 0, nil
local hasNoted = areUnclaimed(stream, group, keeper)
for i = 4, #ARGV, 2 do
  local letter, original = ARGV[i], ARGV[i + 1]
  if #redis.call('XPENDING', stream, group, original, original, 1) > 0 then
    -- Not by XCLAIM: that would drop an entry whose data is gone from the pending list, unseen.
    local isThere = #redis.call('XRANGE', stream, original, original) > 0
    if isThere then count = count + redis.call('XDEL', letters, letter) end
  elseif #redis.call('XCLAIM', stream, group, keeper, 0, original, 'IDLE', idle, 'RETRYCOUNT', 0, 'FORCE', 'JUSTID') > 0 then
    if redis.call('XDEL', letters, letter) == 1 then
      count, again = count + 1, again + 1
      if not oldest or newer(oldest, original) then oldest = original end
    else
      redis.call('XACK', stream, group, original) -- as it was before
    end
  end
end
if oldest then
  if not hasNoted then noteUnclaimed(state) end
  if not known[1] or newer(known[1], oldest) then redis.call('HSET', state, 'redriven', oldest) end
  -- Pending once more, without having been handed out once more.
  redis.call('HSET', state, 'count', tonumber(known[2] or 0) - again)
  ring(bell)
end
return count
