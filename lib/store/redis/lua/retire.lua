-- Removes a consumer group that nobody uses, with what is known of it and, where that is asked for, its dead letters; or
-- those of its consumers that hold nothing and that nobody uses. The stream's entries stay.
--
-- KEYS: stream, the group's state, dead-letter stream
-- ARGV: group, 'look', 'group', 'group and letters' or 'consumers', ms for which a consumer of others is idle that counts
--   as used, how many of the following are consumers that are nobody, these, and what holders say that have ended
-- Reply: JSON, {exists: whether there was a group, or anything known of one, letters: how many there were, users:
--   {{consumer, what its holder says or false, idle ms}, ...}, unused: {consumer, ...}}, the last two false for none.
--   Where there are users, the group is still there

--- @include "users"
--- @include "forget-consumer"

local stream, state, letters = unpack(KEYS)
local group, what, idle, most = unpack(ARGV, 1, 4)
local nobody, ended = {}, {}
for i = 5, #ARGV do
  if i < 5 + tonumber(most) then nobody[ARGV[i]] = true else ended[ARGV[i]] = true end
end
local found = groupFacts(stream, group)
local count, isKnown = redis.call('XLEN', letters), redis.call('EXISTS', state) == 1
local users, unused = {}, {}
if found then
  users, unused = usersOf(stream, state, group, nobody, idle, ended)
else
  users = heldNames(state, ended, {})
end
if what == 'consumers' then
  for _, name in ipairs(unused) do forgetConsumer(stream, state, group, name) end
elseif what ~= 'look' and #users == 0 then
  if found then redis.call('XGROUP', 'DESTROY', stream, group) end
  redis.call('UNLINK', state)
  if what == 'group and letters' then redis.call('UNLINK', letters) end
end
return cjson.encode({
  exists = found ~= nil or isKnown, letters = count, users = #users > 0 and users, unused = #unused > 0 and unused,
})
