-- Records how many attempts to handle an entry have failed, and whether the next one has begun.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id, attempts, 1 where the consumer waits for the next one
-- Reply: 1; nil where the name belongs to another process

--- @include "holder"

local stream, state = unpack(KEYS)
local group, consumer, token, id, attempts, waits = unpack(ARGV, 1, 6)
if not ask(state, consumer, token) then return false end
-- Changes nothing; but when memory is short, what follows is only allowed behind a write that needs none.
redis.call('XACK', stream, group, '0-0')
redis.call('HSET', state, 'attempts:' .. id, attempts, 'waiting:' .. consumer, waits == '1' and id or '')
return 1
