-- Puts the original of a dead letter back on the pending list, long idle, so that any consumer claims
-- it next; removes the letter.
--
-- KEYS: stream, position, dead-letter stream
-- ARGV: group, letter's id, original's id, idle ms, consumer to hold it meanwhile
-- Reply: 1, or 0 where the letter or the original's data is gone

--- @include "entry-ids"

local stream, position, letters = unpack(KEYS)
local group, letter, original, idle, keeper = unpack(ARGV)
if #redis.call('XRANGE', letters, letter, letter) == 0 then return 0 end
if #redis.call('XRANGE', stream, original, original) == 0 then return 0 end
local holder = redis.call('XPENDING', stream, group, original, original, 1)[1]
if holder and holder[2] ~= keeper then
  -- Somebody has it in hand (the group was made again, or went back): it is being handled already.
  redis.call('XDEL', letters, letter)
  return 1
end
redis.call('XCLAIM', stream, group, keeper, 0, original, 'IDLE', idle, 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
local oldest = redis.call('HGET', position, 'redriven')
if not oldest or newer(oldest, original) then redis.call('HSET', position, 'redriven', original) end
redis.call('XDEL', letters, letter)
return 1
