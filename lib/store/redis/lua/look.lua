-- What there is to know of a stream and of some of its groups, without any payload.
--
-- KEYS: stream, and the groups' states
-- ARGV: the groups, in the order of their states
-- Reply: JSON, {added, length, first, last, deleted, groups: [{name, position, pending, count, baseline}]},
--   without groups that don't exist; nil where there is no such stream

--- @include "facts"

local stream = streamFacts(KEYS[1])
if not stream then return false end
local groups = {}
local wanted = {}
for i, name in ipairs(ARGV) do wanted[name] = KEYS[i + 1] end
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = map(flat)
  local state = wanted[group['name']]
  if state then
    local known = redis.call('HMGET', state, 'count', 'baseline')
    groups[#groups + 1] = {
      name = group['name'], position = group['last-delivered-id'], pending = group['pending'],
      count = tonumber(known[1] or 0), baseline = known[2],
    }
  end
end
local first = stream['first-entry']
return cjson.encode({
  added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
  last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
  groups = #groups > 0 and groups or false,
})
