-- The consumer's own pending entries, with their delivery counts.
--
-- KEYS: stream
-- ARGV: group, consumer, id to start after, count
-- Reply: {id, fields or nil, delivery count} of each entry

local stream, group, consumer, after, count = KEYS[1], unpack(ARGV)
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, after)
if not reply then return {} end
local entries = {}
for i, entry in ipairs(reply[1][2]) do
  local pending = redis.call('XPENDING', stream, group, entry[1], entry[1], 1)
  entries[i] = { entry[1], entry[2], pending[1] and pending[1][4] or 1 }
end
return entries
