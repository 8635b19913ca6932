-- Records how many attempts to handle an entry have failed; the consumer waits for the next one.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id, attempts
-- Reply: 1; nil where the name belongs to another process

--- @include "holder"
--- @include "first-write"

local stream, state = unpack(KEYS)
local group, consumer, token, id, attempts = unpack(ARGV, 1, 5)
if not ask(state, consumer, token) then return false end
writeFirst(stream, group)
redis.call('HSET', state, 'attempts:' .. id, attempts, 'waiting:' .. consumer, id)
return 1
