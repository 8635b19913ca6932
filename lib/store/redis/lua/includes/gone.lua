--- @include "entry-ids"
--- @include "facts"

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

-- An entry whose data is gone can't be kept alive by claiming it. Whoever had it in hand before says so
-- in the group's state instead, 'gone:<consumer>': Redis's time, ms, and the ids. (Where TIME is
-- forbidden, nothing is said.)
local function serverTime()
  local time = redis.pcall('TIME')
  return not time.err and time[1] * 1000 + math.floor(time[2] / 1000)
end

-- `keepGone(state, consumer, ids)`: says so. Needs a write before it, for when memory is short.
local function keepGone(state, consumer, ids)
  local now = #ids > 0 and serverTime()
  if now then
    redis.call('HSET', state, 'gone:' .. consumer, string.format('%.0f', now) .. ' ' .. table.concat(ids, ' '))
  else
    redis.call('HDEL', state, 'gone:' .. consumer)
  end
end

-- `keptGone(state, consumer, idle)`: the ids of which that was said less than so many ms ago, as a set.
local function keptGone(state, consumer, idle)
  local set, text = {}, redis.call('HGET', state, 'gone:' .. consumer)
  local said = text and tonumber(string.match(text, '^%d+'))
  local now = said and serverTime()
  if not now or now < said or now - said >= tonumber(idle) then return set end
  for id in string.gmatch(text, '%d+%-%d+') do set[id] = true end
  return set
end
