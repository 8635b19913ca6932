-- Publishes the schema of an API, if nothing has changed since it was read: neither the schema nor who described the
-- events that are described anew.
--
-- KEYS: schema:<api>, what was published last of each event, history of that, the sign of life of who publishes
-- ARGV: the sign of the schema that was read ('' for none), how long that may be (bytes), the schema, ttl (s), how long
--   the history may get, and for each event that is described anew: its name, sha1 of its record as it was read ('' for
--   none), its record, 1 where that is news
-- Reply: 1, or 0 where something has changed

--- @include "stored-text"
--- @include "is-other-kind"
local schema, records, history, sign = unpack(KEYS)
local expected, longestText, text, ttl, longest = unpack(ARGV, 1, 5)
local _, found = storedText(schema, longestText)
if found ~= expected then return 0 end
local areOther = isOtherKind(records, 'hash')
for i = 6, #ARGV, 4 do
  local record = not areOther and redis.call('HGET', records, ARGV[i])
  if (record and redis.sha1hex(record) or '') ~= ARGV[i + 1] then return 0 end
end
if areOther then redis.call('DEL', records) end
if isOtherKind(history, 'stream') then redis.call('DEL', history) end
for i = 6, #ARGV, 4 do
  local event, record = ARGV[i], ARGV[i + 2]
  redis.call('HSET', records, event, record)
  if ARGV[i + 3] == '1' then
    redis.call('XADD', history, 'MAXLEN', '~', longest, '*', 'event', event, 'record', record)
  end
end
redis.call('SET', sign, '1', 'EX', ttl)
redis.call('SET', schema, text, 'EX', ttl)
return 1
