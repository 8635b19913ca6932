-- The last id that a group has delivered.
--
-- KEYS: stream
-- ARGV: group
-- Reply: the id; nil where there is no such group

--- @include "facts"

local stream = KEYS[1]
local name = ARGV[1]
local group = groupFacts(stream, name)
return group and group['last-delivered-id'] or false
