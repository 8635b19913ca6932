-- Records how many attempts to handle an entry have failed, and whether the next one has begun.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id, attempts, 1 where the consumer waits for the next one
-- Reply: 1; nil where the name belongs to another process

--- @include "holder"
--- @include "first-write"
--- @include "attempts"

local stream, state = unpack(KEYS)
local group, consumer, token, id, attempts, waits = unpack(ARGV, 1, 6)
if not ask(state, consumer, token) then return false end
writeFirst(stream, group)
keepTime(state, id)
redis.call('HSET', state, 'attempts:' .. id, attempts, 'waiting:' .. consumer, waits == '1' and id or '')
return 1
