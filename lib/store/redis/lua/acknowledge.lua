-- Acknowledges entries that a consumer still owns.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, how many of the ids have recorded attempts, those ids, and all
--   ids, ascending
-- Reply: the ids that the consumer did not own; nil where the name belongs to another process

--- @include "holder"
--- @include "owned"
--- @include "settle"

local stream, state = unpack(KEYS)
local group, consumer, token, recorded = unpack(ARGV, 1, 4)
local known = ask(state, consumer, token)
if not known then return false end
local attempts, ids = {}, {}
for i = 5, 4 + recorded do attempts[ARGV[i]] = true end
for i = 5 + recorded, #ARGV do ids[#ids + 1] = ARGV[i] end
-- Nearly always they are the oldest ones that are pending with anybody. One look tells that, and what stays.
local page = redis.call('XPENDING', stream, group, '-', '+', #ids + 1)
local areOldest = true
for i, id in ipairs(ids) do
  local pending = page[i] or {}
  areOldest = areOldest and pending[1] == id and pending[2] == consumer
end
local stays = areOldest and { page[#ids + 1] } or nil
local set = areOldest and {} or owned(stream, group, consumer, ids)
local mine, others, forgotten = {}, {}, {}
for _, id in ipairs(ids) do
  if areOldest or set[id] then
    mine[#mine + 1] = id
    if attempts[id] then
      forgotten[#forgotten + 1] = 'attempts:' .. id
      forgotten[#forgotten + 1] = 'failing:' .. id
      forgotten[#forgotten + 1] = 'failure:' .. id
    end
  else
    others[#others + 1] = id
  end
end
if #mine > 0 then settle(stream, state, group, known, mine, stays) end
for first = 1, #forgotten, 1000 do
  redis.call('HDEL', state, unpack(forgotten, first, math.min(first + 999, #forgotten)))
end
return others
