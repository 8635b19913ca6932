--- @include "first-write"

-- `countInterrupted(stream, state, group, consumer)`: a consumer that stopped without handing back what it
-- had was handling the oldest entry that is pending with it: that was an attempt, and it is recorded,
-- unless the consumer said that it was waiting for the next one ('waiting:<consumer>'). Once for each time
-- that the consumer's name was taken ('interrupted:<consumer>'): what is taken over after that entry,
-- page by page, was never begun.
local function countInterrupted(stream, state, group, consumer)
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1]
  if not oldest then return end
  local known = redis.call('HMGET', state, 'waiting:' .. consumer, 'interrupted:' .. consumer)
  if known[2] then return end
  writeFirst(stream, group)
  redis.call('HSET', state, 'interrupted:' .. consumer, 1)
  if known[1] ~= oldest[1] then redis.call('HINCRBY', state, 'attempts:' .. oldest[1], 1) end
end
