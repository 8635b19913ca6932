-- Takes a consumer's name for a process, and makes group and consumer where they are missing: a new group
-- at `since`, one that has vanished where it stopped, or at the beginning of the stream that has taken the
-- place of its own. In one step, as Python's start destroys every group that has no consumer; MKSTREAM and
-- not Lightbus's no-op entry: Python accepts both, and history stays clean.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, what the holder says of itself as JSON, what a holder that
--   is dead had said, with its token, or '', since, up to where the process knows everything to be acknowledged, the newest entry that it knows, each or '', service and listener or ''
-- Reply: JSON, {heldBy: token and text of another holder}, or {owner: {service, listener}} where the
--   group's name is made of other halves, or {created, remade, lastDeliveredId, vanished and skipped
--   (ranges that are to be told), newest, interrupted: {id, isKnown} (see interrupted.lua), facts: see
--   look.lua}

--- @include "holder"
--- @include "facts"
--- @include "rollback"
--- @include "interrupted"
--- @include "untold"
--- @include "first-write"

local stream, state = unpack(KEYS)
local name, consumer, token, text, dead, since, acknowledgedKnown, newestKnown, service, listener = unpack(ARGV, 1, 10)
local known = redis.call(
  'HMGET', state, 'holder:' .. consumer, 'service', 'listener', 'acknowledged', 'redriven', 'newest', 'handled',
  'untold:vanished', 'untold:skipped')
local holder, acknowledged, redriven, newest = tokenOf(known[1]), known[4], known[5], known[6] or ''
if service ~= '' and known[2] and (known[2] ~= service or known[3] ~= listener) then
  return cjson.encode({ owner = { service = known[2], listener = known[3] } })
end
if holder and holder ~= token and known[1] ~= dead then return cjson.encode({ heldBy = known[1] }) end
for _, id in ipairs({ known[7] or '', newestKnown }) do
  if id ~= '' and (newest == '' or newer(id, newest)) then newest = id end
end

local info, group = streamFacts(stream), groupFacts(stream, name)
local created, vanished, skipped, remade, interrupted = not group, nil, nil, false, false
if created then
  -- What is stored was written with each acknowledgement, whichever process it was.
  local stopped = acknowledged or (acknowledgedKnown ~= '' and acknowledgedKnown) or nil
  local start = stopped or since
  if redriven and newer(start, before(redriven)) then start = before(redriven) end
  remade = stopped ~= nil
  if newest ~= '' and (not info or holdsNot(stream, info, newest)) then
    vanished = { after = stopped or '0-0' }
    start = '0'
    redis.call('DEL', state)
    redis.call('HSET', state, 'rolled_back', newest)
  end
  local reply = redis.pcall('XGROUP', 'CREATE', stream, name, start, 'MKSTREAM')
  if reply.err then return reply end
  info, group = streamFacts(stream), groupFacts(stream, name)
  acknowledged = group['last-delivered-id']
  -- Where a group starts need not be an entry: nothing counts as handled yet.
  redis.call('HDEL', state, 'redriven', 'handled')
  redis.call('HSET', state, 'acknowledged', acknowledged)
  -- What the baseline says is judged by this, whoever does that first.
  if remade then redis.call('HSET', state, 'remade', 1) end
else
  writeFirst(stream, name)
end

local isNew = redis.call('XGROUP', 'CREATECONSUMER', stream, name, consumer) == 1
if not created then
  local delivered = group['last-delivered-id']
  if acknowledged and isNew and newer(delivered, acknowledged) then
    -- None of the other consumers that we made is there: others (Python, at '$') have made the group again.
    local isOurs = false
    for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, name)) do
      local other = map(flat)['name']
      if other ~= consumer and redis.call('HEXISTS', state, 'consumer:' .. other) == 1 then isOurs = true end
    end
    if not isOurs then
      skipped = { after = acknowledged, ['until'] = delivered }
      redis.call('HDEL', state, 'baseline', 'handled')
      redis.call('HSET', state, 'acknowledged', delivered)
    end
  elseif not acknowledged or newer(acknowledged, delivered) then
    -- A group that nothing is known of, or one that somebody has set back (XGROUP SETID).
    local oldest = redis.call('XPENDING', stream, name, '-', '+', 1)[1]
    local done = oldest and before(oldest[1]) or delivered
    redis.call('HDEL', state, 'baseline', 'handled')
    redis.call('HSET', state, 'acknowledged', done)
  end
  vanished = rollbackOf(stream, info, newest, state)
  if holder ~= token then
    local id, isKnown = interruptedBy(stream, state, name, consumer)
    interrupted = id and { id = id, isKnown = isKnown } or false
  end
end
if holder ~= token then
  redis.call('HDEL', state, 'waiting:' .. consumer, 'interrupted:' .. consumer, 'gone:' .. consumer)
end

local last = info['last-generated-id']
if info['entries-added'] == 0 then last = false end
redis.call('HSET', state, 'holder:' .. consumer, token .. ' ' .. text, 'consumer:' .. consumer, 1)
if service ~= '' then redis.call('HSET', state, 'service', service, 'listener', listener) end
if last then redis.call('HSET', state, 'newest', last) end
return cjson.encode({
  created = created, remade = remade, lastDeliveredId = group['last-delivered-id'], newest = last,
  vanished = untold(state, 'vanished', known[8], vanished),
  skipped = untold(state, 'skipped', known[9], skipped),
  interrupted = interrupted, facts = describeStream(info, { describeGroup(group, state) }),
})
