-- What entries of a stream are, without their payloads.
--
-- KEYS: stream
-- ARGV: of how many bytes entries may be read, how many an entry has as far as is known, or 0, and for each range: its
--   first id, its last, how many entries, and 1 to begin with the last
-- Reply: {how many entries were read, of how many bytes, for each range that was begun: {1 where it was cut, or 0, and
--   of each entry: its id, api_name, event_name}}

-- Names are somebody else's, and of any length.
local LONGEST = 200

local function valueOf(fields, name)
  for i = #fields - 1, 1, -2 do
    if fields[i] == name then return string.sub(fields[i + 1], 1, LONGEST) end
  end
  return ''
end

local most, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local taken, length = 0, 0

-- How many entries fit what may still be read; a few where nobody knows how large they are.
local function fitting()
  local average = taken > 0 and length / taken or size
  if average <= 0 then return 5 end
  return math.floor((most - length) / average)
end

local reply = { 0, 0 }
for i = 3, #ARGV, 4 do
  if length >= most then break end
  local first, last, left, isReverse = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3] == '1'
  local found, isCut = { 0 }, false
  while left > 0 do
    if length >= most then
      isCut = true
      break
    end
    local step = math.min(left, math.max(1, fitting()))
    local page
    if isReverse then
      page = redis.call('XREVRANGE', KEYS[1], last, first, 'COUNT', step)
    else
      page = redis.call('XRANGE', KEYS[1], first, last, 'COUNT', step)
    end
    for _, entry in ipairs(page) do
      for _, text in ipairs(entry[2]) do length = length + #text end
      found[#found + 1] = entry[1]
      found[#found + 1] = valueOf(entry[2], 'api_name')
      found[#found + 1] = valueOf(entry[2], 'event_name')
    end
    taken, left = taken + #page, left - #page
    if #page < step then break end
    local at = '(' .. page[#page][1]
    if isReverse then last = at else first = at end
  end
  if isCut then found[1] = 1 end
  reply[#reply + 1] = found
end
reply[1], reply[2] = taken, length
return reply
