-- Counts an attempt that another process began and did not end.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id
-- Reply: how many attempts are recorded now, 0 where the entry is not pending; nil where the name belongs
--   to another process

--- @include "holder"

local stream, state = unpack(KEYS)
local group, consumer, token, id = unpack(ARGV)
if not ask(state, consumer, token) then return false end
if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return 0 end
-- Changes nothing; but when memory is short, what follows is only allowed behind a write that needs none.
redis.call('XACK', stream, group, '0-0')
return redis.call('HINCRBY', state, 'attempts:' .. id, 1)
