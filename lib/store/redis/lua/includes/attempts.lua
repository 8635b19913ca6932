--- @include "server-time"

-- What is known of the attempts to handle an entry: how many in 'attempts:<id>'; and in 'failing:<id>' by
-- Redis's time, ms, when the first of them failed, and when the latest one failed or began. Apart, as
-- version 0.1 knows the first field only: beside it, and after it, there may be one without the other. The
-- second one alone says nothing: what it was about is over.

-- `attemptsAt(state, id)`: how many; how many ms ago the first one failed; how many ms lie between that and
-- the latest one. False for times that are not known.
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 or not known[2] then return attempts, false, false end
  local first, latest = string.match(known[2], '^(%d+) (%d+)$')
  local now = serverTime()
  if not first or now == 0 then return attempts, false, false end
  return attempts, math.max(0, now - first), math.max(0, latest - first)
end

-- `keepTime(state, id)`: an attempt fails or begins now. Before its number is written.
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  now = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or now) .. ' ' .. now)
end
