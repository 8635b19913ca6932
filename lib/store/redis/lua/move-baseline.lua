-- Moves what losses of a group are counted from, unless another process has done so.
--
-- KEYS: the group's state
-- ARGV: what it is expected to be ('' for nothing), what it shall be
-- Reply: 1, or 0 where it is something else

local state = KEYS[1]
local expected, wanted = unpack(ARGV, 1, 2)
if (redis.call('HGET', state, 'baseline') or '') ~= expected then return 0 end
redis.call('HSET', state, 'baseline', wanted)
return 1
