-- Stores those entries, in order, that are not there yet.
--
-- KEYS: stream, and for each entry the key that says where it was stored
-- ARGV: ms to look back, MAXLEN or '', and for each entry: since when it may have been stored without
--   such a key (ms of an entry id, or '' where it can't have been), its Lightbus id, its event's name,
--   how many values follow, and its fields
-- Reply: the ids of all: the new ones, and those that were there
--
-- @commands xadd

local stream, lookBack, maxLength = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local entries, wanted, missing, oldest = {}, {}, 0, now
local first = 3
while first <= #ARGV do
  local since, id, name, values = ARGV[first], ARGV[first + 1], ARGV[first + 2], tonumber(ARGV[first + 3])
  local entry = { first = first + 4, last = first + 3 + values, key = KEYS[#entries + 2] }
  entry.id = redis.call('GET', entry.key)
  entries[#entries + 1] = entry
  if not entry.id and since ~= '' then
    wanted[id .. ' ' .. name] = entry
    missing = missing + 1
    oldest = math.min(oldest, math.max(tonumber(since), now - tonumber(lookBack)))
  end
  first = entry.last + 1
end
local from = '+'
while missing > 0 do
  local page = redis.call('XREVRANGE', stream, from, string.format('%.0f', oldest), 'COUNT', 200)
  for _, found in ipairs(page) do
    local id, name = '', ''
    for i = 1, #found[2], 2 do
      if found[2][i] == 'id' then id = found[2][i + 1] end
      if found[2][i] == 'event_name' then name = found[2][i + 1] end
    end
    local entry = wanted[id .. ' ' .. name]
    if entry and not entry.id then
      entry.id = found[1]
      missing = missing - 1
    end
  end
  if #page < 200 then break end
  from = '(' .. page[#page][1]
end
local ids = {}
for i, entry in ipairs(entries) do
  if not entry.id then
    local command = { 'XADD', stream }
    if maxLength ~= '' then
      command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
    end
    command[#command + 1] = '*'
    for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
    entry.id = redis.call(unpack(command))
    redis.call('SET', entry.key, entry.id, 'PX', lookBack)
  end
  ids[i] = entry.id
end
return ids
