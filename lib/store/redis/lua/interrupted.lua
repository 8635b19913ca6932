-- The entry of a stream that a consumer was handling when it stopped, if it was handling one of this stream.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer
-- Reply: its id; nil for none

--- @include "interrupted"

local stream, state = unpack(KEYS)
local group, consumer = unpack(ARGV)
if redis.call('EXISTS', stream) == 0 then return false end
return interruptedBy(stream, state, group, consumer) or false
