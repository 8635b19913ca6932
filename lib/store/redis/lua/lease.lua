-- Takes the lease, or makes the holder's own last.
--
-- KEYS: lease
-- ARGV: holder, ms
-- Reply: the holder, where it is another one; else nil

local lease, caller, ms = KEYS[1], ARGV[1], ARGV[2]
local holder = redis.call('GET', lease)
if holder and holder ~= caller then return holder end
-- PEXPIRE works also when memory is short, and handling frees some.
if holder then
  redis.call('PEXPIRE', lease, ms)
  return false
end
redis.call('SET', lease, caller, 'PX', ms)
return false
