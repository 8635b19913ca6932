-- An entry that the stream is known to have held: it tells when the stream is another one.

--- @include "entry-ids"

-- Whether the stream is certainly not the one that once held the entry: another one, or an older
-- state of the same one.
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return deleted and newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end

-- An entry that the stream has held, remembered; nil (or false) where it never held one.
local function newestOf(stream, position)
  local known = redis.call('HGET', position, 'newest')
  local last = stream['last-generated-id']
  if (stream['entries-added'] or stream['length']) == 0 or known and not newer(last, known) then return known end
  redis.call('HSET', position, 'newest', last)
  return last
end
