-- What there is to know of a stream and of some of its groups, without any payload.
--
-- KEYS: stream, and the groups' states
-- ARGV: the groups, in the order of their states
-- Reply: JSON, {added, length, first, last, deleted, groups: [{name, lastDeliveredId, pending, count, remade,
--   baseline}]},
--   without groups that don't exist; nil where there is no such stream

--- @include "facts"

local stream = streamFacts(KEYS[1])
if not stream then return false end
local groups, wanted = {}, {}
for i, name in ipairs(ARGV) do wanted[name] = KEYS[i + 1] end
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local state = wanted[flat[2]]
  if state then groups[#groups + 1] = describeGroup(map(flat), state) end
end
return cjson.encode(describeStream(stream, groups))
