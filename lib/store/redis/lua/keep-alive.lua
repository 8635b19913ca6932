-- Resets the idle time of entries that a consumer still owns, or says of them that it has them in hand.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, the ids of all entries that it has in hand, ascending, and last,
--   for each of them, 1 where it was kept alive the last time, else 0 ('0110...')
-- Reply: the ids that the consumer did not own; nil where the name belongs to another process

--- @include "holder"
--- @include "owned"
--- @include "gone"
--- @include "first-write"
--- @include "server-time"

local stream, state = unpack(KEYS)
local group, consumer, token = unpack(ARGV, 1, 3)
if not ask(state, consumer, token) then return false end
local ids = {}
for i = 4, #ARGV - 1 do ids[#ids + 1] = ARGV[i] end
local kept = ARGV[#ARGV]
if #ids == 0 then return {} end
local set = owned(stream, group, consumer, ids)
local isGone = goneOf(stream, state, consumer)
local mine, gone, others = {}, {}, {}
for i, id in ipairs(ids) do
  if not set[id] then
    others[#others + 1] = id
  elseif isGone(id, string.sub(kept, i, i) == '1') then
    gone[#gone + 1] = id
  else
    mine[#mine + 1] = id
  end
end
writeFirst(stream, group)
keepGone(stream, state, consumer, gone)
-- A consumer's idle time is fresh from here on: for how long it has been at its oldest entry, only this tells.
local oldest = mine[1]
if oldest then
  local known = redis.call('HGET', state, 'oldest:' .. consumer)
  if not known or string.match(known, '^%S+') ~= oldest then
    redis.call('HSET', state, 'oldest:' .. consumer, oldest .. ' ' .. string.format('%.0f', serverTime()))
  end
end
for first = 1, #mine, 1000 do
  local page = { unpack(mine, first, math.min(first + 999, #mine)) }
  page[#page + 1] = 'JUSTID'
  redis.call('XCLAIM', stream, group, consumer, 0, unpack(page))
end
return others
