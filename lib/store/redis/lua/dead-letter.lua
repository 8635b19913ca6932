-- Copies the entry to the dead-letter stream, and acknowledges it. (Names of the fields: dead-letter.ts.)
--
-- Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are packed
-- into one value, as JSON.
--
-- KEYS: stream, the group's state, dead-letter stream
-- ARGV: group, consumer, holder's token, id, report as JSON
-- Reply: the id of the dead letter, or '' where the entry is not the consumer's any more; nil where the name
--   belongs to another process

--- @include "holder"
--- @include "settle"

local stream, state, letters = unpack(KEYS)
local group, consumer, token, id, report = unpack(ARGV)
local known = ask(state, consumer, token)
if not known then return false end
local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
if not pending then return '' end
local entry = redis.call('XRANGE', stream, id, id)[1]
if entry and pending[2] ~= consumer then return '' end
local letter = { 'dead_letter', report }
if entry and #entry[2] > 7000 then
  letter[1], letter[3], letter[4] = 'dead_letter_packed', '', cjson.encode(entry[2])
elseif entry then
  for i = 1, #entry[2] do letter[i + 2] = entry[2][i] end
end
local stored = redis.call('XADD', letters, '*', unpack(letter))
settle(stream, state, group, known, { id })
redis.call('HDEL', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
return stored
