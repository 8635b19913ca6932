--- @include "entity-key"
--- @include "index-keys"

-- How an index takes entries in. `takeIn` writes what it needs no memory for, or all or nothing: Redis
-- refuses the first write of a script where memory is short, and none that follows.

-- Values of fields of the index, however many.
local function valuesOf(index, fields)
  local values = {}
  for first = 1, #fields, 1000 do
    local some = redis.call('HMGET', index.key, unpack(fields, first, math.min(first + 999, #fields)))
    for i, value in ipairs(some) do values[first + i - 1] = value end
  end
  return values
end

local function newBatch()
  -- `names` are entities, in the order in which they are met; `ids` those of the entries of each.
  return { names = {}, ids = {}, seen = {}, length = 0 }
end

-- Notes which entities an entry is about. Of names that are there twice, the last counts.
local function collect(index, batch, id, fields)
  local api, event = '', ''
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    batch.length = batch.length + #name + #value
    if name == 'event_name' then event = value elseif name == 'api_name' then api = value end
  end
  index.position, index.count = id, index.count + 1
  if not index.apiName or (api ~= '' and api ~= index.apiName) then return end
  if event == '' then event = index.eventName end
  batch.seen[event] = true
  for _, parameter in ipairs(index.keys[event] or {}) do
    local json
    for i = #fields - 1, 1, -2 do
      if fields[i] == ':' .. parameter then
        json = fields[i + 1]
        break
      end
    end
    local key = json and keyText(json)
    if key then
      local name = entityName(parameter, key)
      local ids = batch.ids[name]
      if not ids then
        ids = {}
        batch.ids[name] = ids
        batch.names[#batch.names + 1] = name
      end
      ids[#ids + 1] = id
    end
  end
end

-- Writes a batch: one read and one write for all its entities.
local function write(index, batch)
  local writes = { 'position', index.position, 'count', index.count }
  local function set(field, value)
    writes[#writes + 1], writes[#writes + 2] = field, value
  end
  for event in pairs(batch.seen) do set('s:' .. event, 1) end
  local fields = {}
  for i, name in ipairs(batch.names) do fields[i] = 'n:' .. name end
  local known = valuesOf(index, fields)
  for i, name in ipairs(batch.names) do
    local size, ids = parseEntity(known[i])
    for _, id in ipairs(batch.ids[name]) do
      size, ids = size + 1, ids .. ' ' .. id
      if size % CHUNK == 0 then
        set(chunkField(name, size / CHUNK - 1), ids)
        ids = ''
      end
    end
    set(fields[i], size .. ids)
  end
  for first = 1, #writes, 1000 do
    redis.call('HSET', index.key, unpack(writes, first, math.min(first + 999, #writes)))
  end
end

-- `takeIn(index, most, length)`: takes in the next entries of the stream, at most so many, and of about so
-- many bytes: the first few tell how large they are, as a script has all that it reads in Redis's memory.
-- Returns whether that were all. Where entries are gone that were taken in, or the stream is another one,
-- the index is begun anew.
local function takeIn(index, most, length)
  local batch, taken, step = newBatch(), 0, 5
  repeat
    local last = index.position
    local page = redis.call('XRANGE', index.stream, last or '-', '+', 'COUNT', step + (last and 1 or 0))
    if last and (not page[1] or page[1][1] ~= last) then
      beginAnew(index)
      return false
    end
    local first = last and 2 or 1
    for i = first, #page do collect(index, batch, page[i][1], page[i][2]) end
    local got = #page - first + 1
    taken = taken + got
    if got < step then
      if redis.call('XLEN', index.stream) ~= index.count then
        beginAnew(index)
        return false
      end
      if taken > 0 then write(index, batch) end
      return true
    end
    step = math.min(step * 10, most - taken, math.floor((length - batch.length) * taken / (batch.length + 1)))
  until step < 1
  write(index, batch)
  return false
end

-- `behind(index)`: the reply where that were not all: {'behind', 1 where the index was begun anew, how many
-- entries it has, how many the stream has}.
local function behind(index)
  return { 'behind', index.isAnew and 1 or 0, index.count, redis.call('XLEN', index.stream) }
end
