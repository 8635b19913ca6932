-- What has vanished has been told, unless more has been found out meanwhile. It stays known what and when.
--
-- KEYS: the group's state
-- ARGV: kind, and the range as it is stored
-- Reply: 1, or 0 where something else is stored

--- @include "server-time"

local state = KEYS[1]
local kind, range = unpack(ARGV)
if redis.call('HGET', state, 'untold:' .. kind) ~= range then return 0 end
redis.call('HDEL', state, 'untold:' .. kind)
redis.call('HSET', state, 'lost', string.format('%.0f', serverTime()) .. ' ' .. range)
redis.call('HINCRBY', state, 'losses', 1)
return 1
