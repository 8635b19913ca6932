-- Moves what losses of a group are counted from, unless another process has done so; and remembers what
-- has vanished, until it has been told.
--
-- KEYS: the group's state
-- ARGV: what it is expected to be ('' for nothing), what it shall be, and where something has vanished,
--   after which entry and up to which
-- Reply: 1, or 0 where it is something else

--- @include "untold"

local state = KEYS[1]
local expected, wanted, after, till = unpack(ARGV, 1, 4)
if (redis.call('HGET', state, 'baseline') or '') ~= expected then return 0 end
redis.call('HSET', state, 'baseline', wanted)
redis.call('HDEL', state, 'remade')
if after then
  local known = redis.call('HGET', state, 'untold:vanished')
  untold(state, 'vanished', known, { after = after, ['until'] = till })
end
return 1
