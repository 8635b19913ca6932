-- Keeps house in the group: shows that the consumer lives, removes others that are gone for good, and
-- looks for what was lost.
--
-- Reading the own pending list from its very end changes nothing but the consumer's idle time
-- (Redis 7.0: neither empty polls nor acknowledgements do).
--
-- KEYS: stream, position
-- ARGV: group, consumer, consumer_ttl in ms, newest entry that the process knows, or ''
-- Reply: {lost after, lost until}, or nil

--- @include "facts"
--- @include "loss"
--- @include "rollback"

redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '18446744073709551615-0')
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = map(flat)
  if consumer['name'] ~= ARGV[2] and consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
  end
end
local stream = streamFacts(KEYS[1])
local rollback = rollbackOf(KEYS[1], stream, ARGV[4], KEYS[2])
newestOf(stream, KEYS[2])
return rollback or lossOf(KEYS[1], stream, groupFacts(KEYS[1], ARGV[1]), KEYS[2])
