-- Stores those entries, in order, that are not there yet. Does nothing where it would have to look at
-- more entries of the stream than it may: the caller looks through them, page by page, and comes again.
--
-- KEYS: stream, and for each entry the key that says where it was stored
-- ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
--   how many entries of it may be looked at, and for each entry: where it is (an entry id; '?' where it
--   may be in that range; '' where it can't be), its Lightbus id, its event's name, how many values
--   follow, and its fields
-- Reply: for each entry its id, or { its id } where it was there before; nil where nothing was done
--
-- @commands xadd

local stream, remember, maxLength, from, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local entries, sought, missing = {}, {}, false
local first = 5
while first <= #ARGV do
  local place, id, name, values = ARGV[first], ARGV[first + 1], ARGV[first + 2], tonumber(ARGV[first + 3])
  local entry = { first = first + 4, last = first + 3 + values, key = KEYS[#entries + 2] }
  entry.id = redis.call('GET', entry.key)
  if not entry.id and place == '?' then
    sought[name .. ' ' .. id] = entry
    missing = true
  elseif not entry.id and place ~= '' then
    entry.id = place
  end
  entries[#entries + 1] = entry
  first = entry.last + 1
end

if missing then
  local recent = redis.call('XRANGE', stream, from, '+', 'COUNT', most + 1)
  if #recent > most then return false end
  for _, found in ipairs(recent) do
    local id, name
    for i = 1, #found[2], 2 do
      if found[2][i] == 'id' then id = id or found[2][i + 1] end
      if found[2][i] == 'event_name' then name = name or found[2][i + 1] end
    end
    local entry = sought[(name or '') .. ' ' .. (id or '')]
    if entry and not entry.id then entry.id = found[1] end
  end
end

local places = {}
for i, entry in ipairs(entries) do
  if entry.id then
    places[i] = { entry.id }
  else
    local command = { 'XADD', stream }
    if maxLength ~= '' then
      command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
    end
    command[#command + 1] = '*'
    for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
    local id = redis.call(unpack(command))
    redis.call('SET', entry.key, id, 'PX', remember)
    places[i] = id
  end
end
return places
