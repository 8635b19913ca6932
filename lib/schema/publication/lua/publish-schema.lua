-- Publishes the schema of an API, if nothing has changed since it was read: neither the schema nor who described the
-- events that are described anew.
--
-- KEYS: schema:<api>, what was published last of each event, history of that, the sign of life of who publishes
-- ARGV: sha1 of the schema that was read ('' for none), the schema, ttl (s), how long the history may get, and for each
--   event that is described anew: its name, sha1 of its record as it was read ('' for none), its record, 1 where that
--   is news
-- Reply: 1, or 0 where something has changed

local schema, records, history, sign = unpack(KEYS)
local found, text, ttl, longest = unpack(ARGV, 1, 4)
local function isOther(stored, expected)
  return (stored and redis.sha1hex(stored) or '') ~= expected
end
if isOther(redis.call('GET', schema), found) then return 0 end
for i = 5, #ARGV, 4 do
  if isOther(redis.call('HGET', records, ARGV[i]), ARGV[i + 1]) then return 0 end
end
for i = 5, #ARGV, 4 do
  local event, record = ARGV[i], ARGV[i + 2]
  redis.call('HSET', records, event, record)
  if ARGV[i + 3] == '1' then
    redis.call('XADD', history, 'MAXLEN', '~', longest, '*', 'event', event, 'record', record)
  end
end
redis.call('SET', sign, '1', 'EX', ttl)
redis.call('SET', schema, text, 'EX', ttl)
return 1
