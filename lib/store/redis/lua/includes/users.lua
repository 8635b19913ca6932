--- @include "facts"

-- `heldNames(state, ended, seen)`: {{consumer, what its holder says, 0}, ...} of the names that processes hold beside
-- those that were seen. Somebody may have destroyed the group under them.
local function heldNames(state, ended, seen)
  local held = {}
  for _, field in ipairs(redis.call('HKEYS', state)) do
    local name = string.match(field, '^holder:(.*)$')
    local text = name and not seen[name] and redis.call('HGET', state, field)
    if text and not ended[text] then held[#held + 1] = { name, text, 0 } end
  end
  return held
end

-- `usersOf(stream, state, group, nobody, idle, ended)`: who uses the group, {{consumer, what its holder says or false,
-- idle ms}, ...}, and which consumers hold nothing and are used by no one, {name, ...}. A consumer of this module is used
-- by the process that holds its name, unless that is one of those that have ended (what their holders say, as a set);
-- one of others (Python) while it has been idle for no longer than `idle` ms. `nobody`: a set of consumers that are
-- none.
local function usersOf(stream, state, group, nobody, idle, ended)
  local users, unused, seen = {}, {}, {}
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local one = map(flat)
    local name = one['name']
    seen[name] = true
    local known = redis.call('HMGET', state, 'holder:' .. name, 'consumer:' .. name)
    local isUsed = known[1] and not ended[known[1]] or not known[1] and not known[2] and one['idle'] <= tonumber(idle)
    if nobody[name] then isUsed = false end
    if isUsed then
      users[#users + 1] = { name, known[1], one['idle'] }
    elseif one['pending'] == 0 and not nobody[name] then
      unused[#unused + 1] = name
    end
  end
  for _, held in ipairs(heldNames(state, ended, seen)) do users[#users + 1] = held end
  return users, unused
end
