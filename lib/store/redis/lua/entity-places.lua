-- Where events of an entity are. The index takes in first what is new.
--
-- KEYS: stream, its index, what was told of it
-- ARGV: digest of the events' keys, the keys as JSON or '', how many entries may be taken in, of how many
--   bytes, the entity's parameter and key, first and last id, each or '', how many places, and 1 to begin
--   with the last
-- Reply: {'current', sequence of the first of these, their ids}, or as take-in.lua

--- @include "entity-index"
--- @include "entity-ids"

local index = openIndex(KEYS[1], KEYS[2], KEYS[3])
local digest, keys, most, length, parameter, key, first, last, count, isReverse = unpack(ARGV)
if not tell(index, digest, keys) then return { 'untold' } end
if not takeIn(index, tonumber(most), tonumber(length)) then return behind(index) end

local entity = openEntity(index, parameter, key)
local low = first == '' and 1 or countUpTo(entity, first, true) + 1
local high = last == '' and entity.size or countUpTo(entity, last)
local from, to, step = low, math.min(high, low + count - 1), 1
if isReverse == '1' then
  from, to, step = high, math.max(low, high - count + 1), -1
end
local places = { 'current', from }
for sequence = from, to, step do places[#places + 1] = idAt(entity, sequence) end
return places
