-- The newest entry of a stream, without its payload.
--
-- KEYS: stream
-- ARGV: none
-- Reply: its id; nil where there is none

local stream = KEYS[1]
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
return newest and newest[1] or false
