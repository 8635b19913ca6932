-- Counts an attempt that another process began and did not end.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id
-- Reply: how many attempts are recorded now, 0 where the entry is not pending; nil where the name belongs
--   to another process

--- @include "holder"
--- @include "first-write"
--- @include "attempts"

local stream, state = unpack(KEYS)
local group, consumer, token, id = unpack(ARGV)
if not ask(state, consumer, token) then return false end
if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return 0 end
writeFirst(stream, group)
-- When it began nobody knows, so only an event that has no time yet is given one.
local _, since = attemptsAt(state, id)
if not since then keepTime(state, id) end
return redis.call('HINCRBY', state, 'attempts:' .. id, 1)
