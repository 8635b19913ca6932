--- @include "server-time"

-- What is known of the attempts to handle an entry: how many in 'attempts:<id>'; and in 'failing:<id>' by
-- Redis's time, ms, when the first of them failed, and when the latest one failed or began. Apart, as
-- version 0.1 knows the first field only: beside it, and after it, there may be one without the other. The
-- second one alone says nothing: what it was about is over. 'failure:<id>' says of the latest one that failed
-- the how many-th it was, when the next one is due (0: nobody knows), and, as JSON, what went wrong.

-- `attemptsAt(state, id)`: how many; how many ms ago the first one failed; how many ms lie between that and
-- the latest one; 1 where the latest one is known to have failed, 0 where it may have ended with its process.
-- False for times that are not known.
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 then return 0, false, false, 0 end
  local hasFailed = tonumber(string.match(known[3] or '', '^%d+')) == attempts and 1 or 0
  local first, latest = string.match(known[2] or '', '^(%d+) (%d+)$')
  local now = first and serverTime() or 0
  if now == 0 then return attempts, false, false, hasFailed end
  return attempts, math.max(0, now - first), math.max(0, latest - first), hasFailed
end

-- `keepTime(state, id)`: an attempt fails or begins now. Before its number is written. Returns Redis's time, ms.
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return now end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  local text = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or text) .. ' ' .. text)
  return now
end
