-- Reads what there is of an API.
--
-- KEYS: schema:<api>, what was published last of each event, history of that
-- ARGV: how long the schema may be (bytes), and names of events
-- Reply: the sign of the schema ('' for none), its text, or nothing where it is of another type or too long; 1 where the
--   second key, and 1 where the third one is of another type, else 0; and for each event its record, and sha1 of that ('' for
--   none)

--- @include "stored-text"
--- @include "is-other-kind"
local schema, records, history = unpack(KEYS)
local text, sign = storedText(schema, ARGV[1])
local areOther = isOtherKind(records, 'hash')
local reply = { sign, text, areOther and 1 or 0, isOtherKind(history, 'stream') and 1 or 0 }
for i = 2, #ARGV do
  local record = not areOther and redis.call('HGET', records, ARGV[i])
  reply[#reply + 1] = record
  reply[#reply + 1] = record and redis.sha1hex(record) or ''
end
return reply
