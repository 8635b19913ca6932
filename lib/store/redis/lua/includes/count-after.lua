-- How many entries of the stream follow the id, counted up to the limit.
local function countAfter(key, id, limit)
  local count, start = 0, '(' .. id
  while count < limit do
    local page = redis.call('XRANGE', key, start, '+', 'COUNT', 1000)
    count = count + #page
    if #page < 1000 then break end
    start = '(' .. page[#page][1]
  end
  return count
end
