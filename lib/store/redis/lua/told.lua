-- What has vanished has been told, unless more has been found out meanwhile.
--
-- KEYS: the group's state
-- ARGV: kind, and the range as it is stored
-- Reply: 1, or 0 where something else is stored

local state = KEYS[1]
local kind, range = unpack(ARGV)
if redis.call('HGET', state, 'untold:' .. kind) ~= range then return 0 end
return redis.call('HDEL', state, 'untold:' .. kind)
