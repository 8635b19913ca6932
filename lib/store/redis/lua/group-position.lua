-- The last id that the group has delivered.
--
-- KEYS: stream
-- ARGV: group
-- Reply: the id, or nil where there is no such group

--- @include "facts"

local group = groupFacts(KEYS[1], ARGV[1])
return group and group['last-delivered-id'] or false
