--- @include "entry-ids"
--- @include "index-keys"

local function idsIn(text)
  local ids = {}
  for id in string.gmatch(text, '%S+') do ids[#ids + 1] = id end
  return ids
end

-- `openEntity(index, parameter, key)`: its ids, as far as they were taken in.
local function openEntity(index, parameter, key)
  local name = entityName(parameter, key)
  local size, ids = parseEntity(redis.call('HGET', index.key, 'n:' .. name))
  return { index = index, name = name, size = size, chunks = { [math.floor(size / CHUNK)] = idsIn(ids) } }
end

-- The how many-th id of an entity, from 1.
local function idAt(entity, sequence)
  local i = math.floor((sequence - 1) / CHUNK)
  if not entity.chunks[i] then
    entity.chunks[i] = idsIn(redis.call('HGET', entity.index.key, chunkField(entity.name, i)) or '')
  end
  return entity.chunks[i][sequence - i * CHUNK]
end

-- `countUpTo(entity, id, isBefore)`: how many of its ids are up to, or before, an id. Reads as many chunks as
-- a binary search does, from the newest on.
local function countUpTo(entity, id, isBefore)
  local function counts(sequence)
    local other = idAt(entity, sequence)
    return newer(id, other) or (not isBefore and id == other)
  end
  -- `low` counts, and `high` does not.
  local low, high = 0, entity.size + 1
  local last = high - 1 - (high - 2) % CHUNK
  if high > 1 and counts(last) then low = last elseif high > 1 then high = last end
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    -- Between chunks, their first ids are compared.
    local first = middle - (middle - 1) % CHUNK
    if first > low and first < high then middle = first end
    if counts(middle) then low = middle else high = middle end
  end
  return low
end

-- `sequenceOf(entity, id)`: the how many-th of it that is; 0 where it is none.
local function sequenceOf(entity, id)
  local sequence = countUpTo(entity, id)
  return sequence > 0 and idAt(entity, sequence) == id and sequence or 0
end
