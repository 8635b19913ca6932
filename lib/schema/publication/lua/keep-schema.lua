-- Looks whether the schema of an API is what it was, and keeps it.
--
-- KEYS: schema:<api>, the sign of life of who publishes
-- ARGV: sha1 of the schema, how long it may be (bytes), ttl (s), or 0 to look only
-- Reply: 1, or 0 where it has changed or is gone

--- @include "stored-text"
local schema, sign = unpack(KEYS)
local expected, longest, ttl = unpack(ARGV)
local _, found = storedText(schema, longest)
if found ~= expected then return 0 end
if ttl ~= '0' then
  redis.call('PEXPIRE', schema, ttl .. '000')
  redis.call('SET', sign, '1', 'EX', ttl)
end
return 1
