-- How many entries of the stream follow the id.
--
-- KEYS: stream
-- ARGV: id, limit
-- Reply: the count, at most the limit

--- @include "count-after"

return countAfter(KEYS[1], ARGV[1], tonumber(ARGV[2]))
