-- Entries that are stored once. A script's arguments have for each: where it is (an entry id; '?' where it
-- may be in the range of the stream that was not looked at yet; '' where it can't be), its Lightbus id, its
-- event's name, how many values follow, and its fields.
--
-- @commands xadd

--- @include "rights"

-- `entriesFrom(first, firstKey)`: those from this argument on, each with the key that says where it was stored.
local function entriesFrom(first, firstKey)
  local entries = {}
  while first <= #ARGV do
    local values = tonumber(ARGV[first + 3])
    local entry = {
      place = ARGV[first], identity = ARGV[first + 2] .. ' ' .. ARGV[first + 1],
      first = first + 4, last = first + 3 + values, key = KEYS[#entries + firstKey],
    }
    entries[#entries + 1] = entry
    first = entry.last + 1
  end
  return entries
end

-- `find(stream, entries, from, most)`: gives those that are there their `id`. Returns whether anything is
-- missing; nil where more of the stream would have to be looked at than may be.
local function find(stream, entries, from, most)
  local sought, isSought, isMissing = {}, false, false
  for _, entry in ipairs(entries) do
    entry.id = redis.call('GET', entry.key)
    if not entry.id and entry.place == '?' then
      sought[entry.identity] = entry
      isSought = true
    elseif not entry.id and entry.place ~= '' then
      entry.id = entry.place
    end
  end
  if isSought then
    local recent = redis.call('XRANGE', stream, from, '+', 'COUNT', most + 1)
    if #recent > most then return nil end
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
  for _, entry in ipairs(entries) do isMissing = isMissing or not entry.id end
  return isMissing
end

-- `store(stream, entry, maxLength, remember)`: stores one that is missing. Returns its id.
local function store(stream, entry, maxLength, remember)
  local command = { 'XADD', stream }
  if maxLength ~= '' then
    command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
  end
  command[#command + 1] = '*'
  for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
  requireRight('SET', entry.key, '', 'PX', remember)
  local id = redis.call(unpack(command))
  redis.call('SET', entry.key, id, 'PX', remember)
  return id
end
