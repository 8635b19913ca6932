-- Tells the index of a stream which events are keyed by what, and has it take in the next entries.
--
-- KEYS: stream, its index, what was told of it
-- ARGV: digest of the events' keys, the keys as JSON or '', how many entries may be taken in (0: it is only
--   told), of how many bytes
-- Reply: {'current', keys of the events as JSON}, {'behind', ...} (see entity-index.lua), or {'untold'} where
--   the keys were not given and are not known

--- @include "entity-index"

local index = openIndex(KEYS[1], KEYS[2], KEYS[3])
local digest, keys, most, length = unpack(ARGV)
if not tell(index, digest, keys) then return { 'untold' } end
if most ~= '0' and not takeIn(index, tonumber(most), tonumber(length)) then
  return behind(index)
end
return { 'current', cjson.encode(index.keys) }
