-- Acknowledges entries that a consumer still owns.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, how many of the ids (the first ones) have recorded attempts,
--   and the entry ids
-- Reply: the ids that the consumer did not own; nil where the name belongs to another process

--- @include "holder"
--- @include "owned"
--- @include "settle"

local stream, state = unpack(KEYS)
local group, consumer, token, recorded = unpack(ARGV, 1, 4)
local known = ask(state, consumer, token)
if not known then return false end
local ids = {}
for i = 5, #ARGV do ids[#ids + 1] = ARGV[i] end
local attempts = {}
for i = 1, tonumber(recorded) do attempts[ids[i]] = 'attempts:' .. ids[i] end
table.sort(ids, function(a, b) return newer(b, a) end)
local set = owned(stream, group, consumer, ids)
local mine, others, forgotten = {}, {}, {}
for _, id in ipairs(ids) do
  if set[id] then
    mine[#mine + 1] = id
    forgotten[#forgotten + 1] = attempts[id]
  else
    others[#others + 1] = id
  end
end
if #mine > 0 then settle(stream, state, group, known, mine) end
if #forgotten > 0 then redis.call('HDEL', state, unpack(forgotten)) end
return others
