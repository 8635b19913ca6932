-- Stores those entries, in order, that are not there yet. Does nothing where it would have to look at
-- more entries of the stream than it may: the caller looks through them, page by page, and comes again.
--
-- KEYS: stream, and for each entry the key that says where it was stored
-- ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
--   how many entries of it may be looked at, and the entries (see once.lua)
-- Reply: for each entry its id, or { its id } where it was there before; nil where nothing was done

--- @include "once"

local stream, remember, maxLength, from, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local entries = entriesFrom(5, 2)
if find(stream, entries, from, most) == nil then return false end
local places = {}
for i, entry in ipairs(entries) do
  places[i] = entry.id and { entry.id } or store(stream, entry, maxLength, remember)
end
return places
