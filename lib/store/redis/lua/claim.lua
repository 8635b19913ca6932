-- Takes over entries that other consumers have had in hand for too long.
--
-- Not XAUTOCLAIM: that takes the caller's own entries too, raising their count, and drops entries
-- whose data is gone.
--
-- KEYS: stream
-- ARGV: group, consumer, minimum idle ms, start, count
-- Reply: {where the next page starts or nil, {{id, fields or nil, delivery count} of each entry}}

local stream, group, consumer, minIdle, start, count = KEYS[1], unpack(ARGV)
local page = redis.call('XPENDING', stream, group, 'IDLE', minIdle, start, '+', count)
local claimed = {}
for _, pending in ipairs(page) do
  local id, owner, deliveries = pending[1], pending[2], pending[4]
  if owner ~= consumer then
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry then
      redis.call('XCLAIM', stream, group, consumer, minIdle, id)
      claimed[#claimed + 1] = { id, entry[2], deliveries + 1 }
    else
      claimed[#claimed + 1] = { id, false, deliveries }
    end
  end
end
local last = #page == tonumber(count) and page[#page][1]
-- Nothing follows the highest id, and Redis takes no range after it.
if last == '18446744073709551615-18446744073709551615' then last = false end
return { last and '(' .. last, claimed }
