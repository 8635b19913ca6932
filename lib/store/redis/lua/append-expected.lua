-- As append-once.lua, if the entity that all entries are about has as many events as is expected, or if all
-- are there already.
--
-- KEYS: stream, its index, what was told of it, and for each entry the key that says where it was stored
-- ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
--   how many entries of it may be looked at, digest of the events' keys, the keys as JSON or '', how many
--   entries may be taken into the index, of how many bytes, the entity's parameter and key, how many events
--   it must have or 'any', id of the last of these or '', and the entries (see once.lua)
-- Reply: {'stored', for each entry { its id, 1 if it was there before, its sequence or 0 }}; {'refused', how
--   many events the entity has}; and where nothing was done: {'untold'}, {'behind', ...} (see
--   entity-index.lua), or {'look'} where it would have to look at more entries of the stream than it may

--- @include "once"
--- @include "entity-index"
--- @include "entity-ids"

local stream = KEYS[1]
local remember, maxLength, from, most, digest, keys, mostTaken, length, parameter, key, version, last = unpack(ARGV, 1, 12)
local index = openIndex(stream, KEYS[2], KEYS[3])
if not tell(index, digest, keys) then return { 'untold' } end
if not takeIn(index, tonumber(mostTaken), tonumber(length)) then return behind(index) end

local entries = entriesFrom(13, 4)
local isMissing = find(stream, entries, from, tonumber(most))
if isMissing == nil then return { 'look' } end
if isMissing then
  local entity = openEntity(index, parameter, key)
  local isSame = tonumber(version) == entity.size and (last == '' or idAt(entity, entity.size) == last)
  if version ~= 'any' and not isSame then return { 'refused', entity.size } end
  requireRight('HSET', index.key, 'count', index.count)
  local batch = newBatch()
  for _, entry in ipairs(entries) do
    if not entry.id then
      local fields = {}
      for i = entry.first, entry.last do fields[#fields + 1] = ARGV[i] end
      entry.id, entry.isNew = store(stream, entry, maxLength, remember), true
      collect(index, batch, entry.id, fields)
    end
  end
  write(index, batch)
end

local entity, places = openEntity(index, parameter, key), { 'stored' }
for _, entry in ipairs(entries) do
  places[#places + 1] = { entry.id, entry.isNew and 0 or 1, sequenceOf(entity, entry.id) }
end
return places
