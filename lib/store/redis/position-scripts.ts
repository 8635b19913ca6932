import { BEFORE, NEWER } from './lua-entry-ids.js';

/**
 * The hash `position` of one group on one stream:
 * - `acknowledged`: up to where everything is done, but for what was driven again;
 * - `redriven`: the oldest entry up to there that is pending again;
 * - `newest`: an entry that the stream is known to have held;
 * - `deleted`, `missing`, `looked`, `next`, `read`: how much of what was lost has been told, see `lossOf`;
 * - `rolled_back`: the same of what Redis itself has lost, see `rollbackOf`.
 */
export const POSITION = `${NEWER}${BEFORE}
-- Up to where everything is done after an acknowledgement: before the oldest entry that is pending
-- with anybody, else up to the entry itself.
local function settle(stream, position, group, id)
  local known = redis.call('HMGET', position, 'acknowledged', 'redriven', 'newest')
  -- Before anything is written to the position: when memory is short, Redis refuses what needs more
  -- unless the script has changed something already.
  redis.call('XACK', stream, group, id)
  local oldest = redis.call('XPENDING', stream, group)[2]
  local done = id
  if oldest and not newer(oldest, id) then done = before(oldest) end
  if known[1] and not newer(done, known[1]) then
    done = known[1]
  else
    local newest = known[3] and newer(known[3], id) and known[3] or id
    redis.call('HSET', position, 'acknowledged', done, 'newest', newest)
  end
  if not known[2] then return end
  if oldest and not newer(oldest, done) then
    redis.call('HSET', position, 'redriven', oldest)
  else
    redis.call('HDEL', position, 'redriven')
  end
end`;

/** `streamFacts(stream)`, `groupFacts(stream, name)`: facts as maps; nil where they don't exist. */
export const FACTS = `
local function map(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
local function streamFacts(stream)
  if redis.call('EXISTS', stream) == 0 then return nil end
  return map(redis.call('XINFO', 'STREAM', stream))
end
local function groupFacts(stream, name)
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = map(flat)
    if group['name'] == name then return group end
  end
end`;

/**
 * `lossOf(key, stream, group, position)`: what was deleted or trimmed before the group was given it,
 * as `{after, until}` or false; each loss once. From what Redis tells:
 *
 * - `max-deleted-entry-id` (XDEL): entries ahead of the group were deleted;
 * - `entries-added`, `entries-read`: trimming leaves fewer entries ahead of the group than were
 *   added since it read. How many are ahead is known without counting them where the group has read
 *   everything, and where nothing is left of what it has read.
 * - Without these counters (before Redis 7, and where Redis has lost count): the first entry that the
 *   group had not been given at the last look is gone. Trimming takes that one first.
 *
 * `holdsNot(key, stream, id)`: whether the stream is certainly not the one that once held the entry:
 * another one, or an older state of the same one.
 *
 * `newestOf(stream, position)`: an entry that the stream has held, remembered.
 */
export const LOSS = `
local function firstAfter(key, id)
  -- Nothing follows the highest id, and Redis takes no range after it.
  if id == '18446744073709551615-18446744073709551615' then return nil end
  local entry = redis.call('XRANGE', key, '(' .. id, '+', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function missingFrom(stream, group)
  local read, last = group['entries-read'], group['last-delivered-id']
  if not read or not stream['entries-added'] then return nil end
  local first, ahead = stream['first-entry'], nil
  if not newer(stream['last-generated-id'], last) then
    ahead = 0
  elseif not first or newer(first[1], last) then
    ahead = stream['length']
  else
    return nil
  end
  return math.max(0, stream['entries-added'] - read - ahead)
end
local function lossOf(key, stream, group, position)
  local last = group['last-delivered-id']
  local told = redis.call('HMGET', position, 'deleted', 'missing', 'looked', 'next', 'read')
  local after, upto = last, nil
  local deleted = stream['max-deleted-entry-id']
  if deleted and newer(deleted, last) and not (told[1] and not newer(deleted, told[1])) then
    redis.call('HSET', position, 'deleted', deleted)
    upto = deleted
  end
  local missing = missingFrom(stream, group)
  if missing then
    local read = group['entries-read']
    redis.call('HSET', position, 'missing', missing, 'looked', last, 'read', read)
    -- A count that has gone back was lost by Redis at a restart, and not the entries.
    local isSure = told[2] ~= 'some' and not (told[5] and read < tonumber(told[5]))
    local more = isSure and missing - (tonumber(told[2]) or 0) or 0
    if more > (upto and 1 or 0) then
      local first, trimmed = stream['first-entry'], stream['last-generated-id']
      if not newer(trimmed, last) then
        after = told[3] or '0-0'
      elseif first then
        trimmed = before(first[1])
      end
      if not upto or newer(trimmed, upto) then upto = trimmed end
    end
  elseif upto then
    -- How many were deleted comes out with the next count, and is no further loss then.
    redis.call('HSET', position, 'missing', 'some')
  end
  local next = firstAfter(key, last)
  if not upto and told[4] and newer(told[4], last) and not (next and not newer(next, told[4])) then
    upto = next and before(next) or stream['last-generated-id']
    if not missing then redis.call('HSET', position, 'missing', 'some') end
  end
  if next and next ~= told[4] then
    redis.call('HSET', position, 'next', next)
  elseif not next and told[4] then
    redis.call('HDEL', position, 'next')
  end
  return upto and { after, upto } or false
end
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return deleted and newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end
local function newestOf(stream, position)
  local known = redis.call('HGET', position, 'newest')
  local last = stream['last-generated-id']
  if (stream['entries-added'] or stream['length']) == 0 or known and not newer(last, known) then return known end
  redis.call('HSET', position, 'newest', last)
  return last
end`;

/**
 * `rollbackOf(key, stream, newest, position)`: `{after, until}` where an entry that the process knows is
 * not on the stream, although nobody has deleted it: a snapshot was restored, or a replica took over
 * that had not received everything. False otherwise, and where that has been told.
 */
export const ROLLBACK = `
local function rollbackOf(key, stream, newest, position)
  if newest == '' or not holdsNot(key, stream, newest) then return false end
  local told = redis.call('HGET', position, 'rolled_back')
  if told and not newer(newest, told) then return false end
  redis.call('HSET', position, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { kept and kept[1] or '0-0', newest }
end`;
