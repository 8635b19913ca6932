-- Acknowledges those entries that the consumer owns, and moves the group's position.
--
-- KEYS: stream, position
-- ARGV: group, consumer, id...
-- Reply: the ids that the consumer owned

--- @include "settle"

local stream, position = KEYS[1], KEYS[2]
local group, consumer = ARGV[1], ARGV[2]
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, consumer) > 0 then
    settle(stream, position, group, ARGV[i])
    owned[#owned + 1] = ARGV[i]
  end
end
return owned
