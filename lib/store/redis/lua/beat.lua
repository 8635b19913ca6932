-- Shows that a process lives. When memory is short, Redis still permits it: what comes first needs none.
--
-- KEYS: the process's key
-- ARGV: for how long, ms, and what the process says of itself
-- Reply: 1, or 0 where it gave no sign of life before, or that is gone

local key = KEYS[1]
local ttl, text = unpack(ARGV)
if redis.call('PEXPIRE', key, ttl) == 1 then return 1 end
redis.call('SET', key, text, 'PX', ttl)
return 0
