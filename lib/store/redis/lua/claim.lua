-- Takes over entries that have been idle for too long: other consumers', and those of the own name that
-- came over a connection that nobody listened to any more. Not XAUTOCLAIM: that drops entries whose data
-- is gone. Where it is, and its owner had it in hand before and says so, it stays with its owner.
--
-- KEYS: stream, the group's state
-- ARGV: group, consumer, holder's token, minimum idle ms, start, how many, the consumer that holds what
--   was handed back
-- Reply: {next start or nil, {{id, fields or nil, delivery count, recorded attempts, and two times of theirs
--   (see read-pending.lua)}, ...}, {{consumer, its holder's token, the oldest entry that it had}, ...}}, the last for consumers that are met for the
--   first time since their names were taken; nil where the name belongs to another process

--- @include "holder"
--- @include "interrupted"
--- @include "gone"
--- @include "first-write"
--- @include "attempts"

local stream, state = unpack(KEYS)
local group, consumer, token, idle, start, most, nobody = unpack(ARGV, 1, 7)
if not ask(state, consumer, token) then return false end
local page = redis.call('XPENDING', stream, group, 'IDLE', idle, start, '+', most)
local claimed, interrupted, asked, kept = {}, {}, { [consumer] = true, [nobody] = true }, {}
for _, pending in ipairs(page) do
  local id, owner = pending[1], pending[2]
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    if not asked[owner] then
      asked[owner] = true
      local holder = tokenOf(redis.call('HGET', state, 'holder:' .. owner))
      local began, isKnown = interruptedBy(stream, state, group, owner)
      -- What those had whom we don't know (Python) was no attempt of ours.
      if holder and not isKnown then interrupted[#interrupted + 1] = { owner, holder, began } end
      writeFirst(stream, group)
      if holder then redis.call('HSET', state, 'interrupted:' .. owner, began) end
    end
    redis.call('XCLAIM', stream, group, consumer, idle, id, 'RETRYCOUNT', pending[4] + 1, 'JUSTID')
    claimed[#claimed + 1] = { id, entry[2], pending[4] + 1, attemptsAt(state, id) }
  else
    kept[owner] = kept[owner] or keptGone(state, owner, idle)
    if not kept[owner][id] then claimed[#claimed + 1] = { id, false, pending[4], attemptsAt(state, id) } end
  end
end
local last = #page == tonumber(most) and page[#page][1]
-- Nothing follows the highest id, and Redis takes no range after it.
if last == '18446744073709551615-18446744073709551615' then last = false end
return { last and '(' .. last, claimed, interrupted }
