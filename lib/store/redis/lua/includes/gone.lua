--- @include "entry-ids"
--- @include "facts"
--- @include "server-time"

-- `goneFrom(stream)`: a function that tells whether the data of an entry is gone. XCLAIM would drop such
-- an entry from the pending list unseen. Payloads are loaded only where an entry was deleted that may be
-- this one: trimming takes the oldest, and XDEL leaves the highest id that it has deleted.
local function goneFrom(stream)
  local facts = streamFacts(stream)
  local first, deleted = facts['first-entry'], facts['max-deleted-entry-id']
  return function(id)
    if not first or newer(first[1], id) then return true end
    if newer(id, deleted) then return false end
    return #redis.call('XRANGE', stream, id, id) == 0
  end
end

-- An entry whose data is gone can't be kept alive by claiming it. Whoever had it in hand before says so in
-- the group's state instead, 'gone:<consumer>': Redis's time, ms (0 where TIME is forbidden: then it is not
-- heeded), how many entries had been removed from the stream by then, and the ids.
local function removedFrom(stream)
  local facts = streamFacts(stream)
  return string.format('%.0f', facts['entries-added'] - facts['length'])
end
local function idsIn(text)
  local set = {}
  for id in string.gmatch(text, '%d+%-%d+') do set[id] = true end
  return set
end

-- `goneOf(stream, state, consumer)`: as `goneFrom`, and is told whether the entry was kept alive the last
-- time: where nothing was removed from the stream since then, that one is not looked for.
local function goneOf(stream, state, consumer)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local removed = text and string.match(text, '^%d+ (%d+)')
  local isGone = goneFrom(stream)
  if removed ~= removedFrom(stream) then return isGone end
  local set = idsIn(text)
  return function(id, wasKept)
    if wasKept then return set[id] or false end
    return isGone(id)
  end
end

-- `keepGone(stream, state, consumer, ids)`: says so. Needs a write before it, for when memory is short.
local function keepGone(stream, state, consumer, ids)
  local head = string.format('%.0f', #ids > 0 and serverTime() or 0) .. ' ' .. removedFrom(stream)
  redis.call('HSET', state, 'gone:' .. consumer, head .. ' ' .. table.concat(ids, ' '))
end

-- `keptGone(state, consumer, idle)`: the ids of which that was said less than so many ms ago, as a set.
local function keptGone(state, consumer, idle)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local said = text and tonumber(string.match(text, '^%d+'))
  if not said or said == 0 then return {} end
  local now = serverTime()
  return now >= said and now - said < tonumber(idle) and idsIn(text) or {}
end
