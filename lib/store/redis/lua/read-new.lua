-- The next entries that the group has handed to nobody yet.
--
-- Redis (7.0.15, for one) tells its append-only file and its replicas which entries a group has read,
-- but not how many: after a restart or a failover everything would look lost (loss.lua). So we do.
--
-- KEYS: stream
-- ARGV: group, consumer, count
-- Reply: {id, fields} of each entry

--- @include "facts"

local stream, group, consumer, count = KEYS[1], unpack(ARGV)
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')
if not reply then return {} end
local facts = groupFacts(stream, group)
local read = facts['entries-read']
if read then redis.call('XGROUP', 'SETID', stream, group, facts['last-delivered-id'], 'ENTRIESREAD', read) end
return reply[1][2]
