-- A consumer's name belongs to one process at a time: the group's state has the holder's token,
-- followed by a space and what the holder said of itself, as JSON, in the field 'holder:<consumer>'.

-- `tokenOf(holder)`: the token of such a field, or nil.
local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end

-- `ask(state, consumer, token)`: what the group's state says, where the token still holds the name;
-- else nil: another process has taken it, or everything was flushed. Scripts ask before they do anything.
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
