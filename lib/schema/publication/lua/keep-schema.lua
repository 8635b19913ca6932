-- Looks whether the schema of an API is what it was, and keeps it.
--
-- KEYS: schema:<api>, the sign of life of who publishes
-- ARGV: sha1 of the schema, ttl (s), or 0 to look only
-- Reply: 1, or 0 where it has changed or is gone

local schema, sign = unpack(KEYS)
local expected, ttl = unpack(ARGV)
local stored = redis.call('GET', schema)
if not stored or redis.sha1hex(stored) ~= expected then return 0 end
if ttl ~= '0' then
  redis.call('PEXPIRE', schema, ttl .. '000')
  redis.call('SET', sign, '1', 'EX', ttl)
end
return 1
