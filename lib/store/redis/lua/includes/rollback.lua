--- @include "entry-ids"

-- `holdsNot(key, stream, id)`: whether the stream is certainly not the one that once held the entry:
-- another one, or an older state of the same one.
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end

-- `rollbackOf(key, stream, newest, state)`: {after, until} where an entry that is known to have been stored
-- is not on the stream, although nobody has deleted it: a snapshot was restored, or a replica took over
-- that had not received everything. Nil otherwise, and where that is known already.
local function rollbackOf(key, stream, newest, state)
  if newest == '' or not holdsNot(key, stream, newest) then return nil end
  local known = redis.call('HGET', state, 'rolled_back')
  if known and not newer(newest, known) then return nil end
  redis.call('HSET', state, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { after = kept and kept[1] or '0-0', ['until'] = newest }
end
