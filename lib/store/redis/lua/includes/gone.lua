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
