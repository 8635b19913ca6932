-- What a stream has told last: two texts that change when there is news.
--
-- KEYS: stream, the stream's bell
-- ARGV: none
-- Reply: the id of the newest entry, without its payload, and how often entries were handed back; nil
--   for none

local stream, bell = unpack(KEYS)
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
return { newest and newest[1] or false, redis.call('GET', bell) }
