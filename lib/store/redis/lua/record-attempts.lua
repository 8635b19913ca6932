-- Records how many attempts to handle an entry have failed, what went wrong, and whether the next one has begun.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, entry id, attempts, 1 where the consumer waits for the next one,
--   and where the latest one has failed just now: what went wrong, as JSON, and in how many ms the next one is
--   due, '' where that isn't known
-- Reply: 1; nil where the name belongs to another process

--- @include "holder"
--- @include "first-write"
--- @include "attempts"

local stream, state = unpack(KEYS)
local group, consumer, token, id, attempts, waits, failure, nextMs = unpack(ARGV, 1, 8)
if not ask(state, consumer, token) then return false end
writeFirst(stream, group)
local now = keepTime(state, id)
redis.call('HSET', state, 'attempts:' .. id, attempts, 'waiting:' .. consumer, waits == '1' and id or '')
if failure then
  local due = now > 0 and nextMs ~= '' and now + nextMs or 0
  redis.call('HSET', state, 'failure:' .. id, attempts .. ' ' .. string.format('%.0f', due) .. ' ' .. failure)
end
return 1
