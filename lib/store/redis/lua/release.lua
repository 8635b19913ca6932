-- Deletes the holder's own lease.
--
-- KEYS: lease
-- ARGV: holder
-- Reply: 1

if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
