-- Reads a consumer's own pending entries.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, id to start after, how many
-- Reply: {id, fields or nil, delivery count, recorded attempts, how many ms ago the first of them failed, how
--   many ms lie between that and the latest one, each or nil} each; nil where the name belongs to another
--   process

--- @include "holder"
--- @include "attempts"

local stream, state = unpack(KEYS)
local group, consumer, token, after, most = unpack(ARGV, 1, 5)
if not ask(state, consumer, token) then return false end
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', stream, after)
local page = reply and reply[1][2] or {}
if #page == 0 then return {} end
local counts = {}
local pending = redis.call('XPENDING', stream, group, page[1][1], page[#page][1], #page, consumer)
for _, each in ipairs(pending) do counts[each[1]] = each[4] end
local entries = {}
for i, entry in ipairs(page) do
  entries[i] = { entry[1], entry[2], counts[entry[1]] or 1, attemptsAt(state, entry[1]) }
end
return entries
