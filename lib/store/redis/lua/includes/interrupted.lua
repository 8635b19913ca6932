-- A consumer that stopped without handing back what it had was handling one entry, which was an attempt:
-- the oldest that is pending with it on any of the streams that its listener reads. A script sees one of
-- these streams only, so whoever opens or claims compares what each of them says.

-- `interruptedBy(stream, state, group, consumer)`: the oldest entry that is pending with the consumer, or
-- was when the first of its entries was taken over ('interrupted:<consumer>'); nil for none. And whether
-- no attempt of it is to be counted: the consumer was waiting for the next one ('waiting:<consumer>'), or
-- whoever took over has counted it.
local function interruptedBy(stream, state, group, consumer)
  local known = redis.call('HMGET', state, 'interrupted:' .. consumer, 'waiting:' .. consumer)
  if known[1] then return known[1], true end
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1]
  if not oldest then return nil, true end
  return oldest[1], known[2] == oldest[1]
end
