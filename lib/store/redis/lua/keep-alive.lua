-- Resets the idle time of those entries that the consumer owns. One whose data is gone is left alone:
-- XCLAIM would drop it from the pending list unseen.
--
-- KEYS: stream
-- ARGV: group, consumer, id...
-- Reply: the ids that the consumer owns

local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local owned = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, consumer) > 0 then
    if #redis.call('XRANGE', stream, ARGV[i], ARGV[i]) > 0 then
      redis.call('XCLAIM', stream, group, consumer, 0, ARGV[i], 'JUSTID')
    end
    owned[#owned + 1] = ARGV[i]
  end
end
return owned
