-- Removes consumers that hold nothing and have been idle for too long, with what the group's state says
-- of them.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer (which stays), ms after which a consumer counts as gone
-- Reply: how many were removed

--- @include "facts"
--- @include "forget-consumer"

local stream, state = unpack(KEYS)
local group, consumer, ttl = unpack(ARGV, 1, 3)
local removed = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local other = map(flat)
  local name = other['name']
  if name ~= consumer and other['pending'] == 0 and other['idle'] > tonumber(ttl) then
    forgetConsumer(stream, state, group, name)
    removed = removed + 1
  end
end
return removed
