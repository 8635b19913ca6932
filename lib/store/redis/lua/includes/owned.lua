-- `owned(stream, group, consumer, ids)`: which of the ids (ascending) are pending with the consumer, as
-- a set. One range of the consumer's own list finds them all, unless much else lies between.
local function owned(stream, group, consumer, ids)
  local set = {}
  if #ids == 0 then return set end
  local page = redis.call('XPENDING', stream, group, ids[1], ids[#ids], #ids + 100, consumer)
  for _, pending in ipairs(page) do set[pending[1]] = true end
  if #page < #ids + 100 then return set end
  for _, id in ipairs(ids) do
    if not set[id] and #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0 then set[id] = true end
  end
  return set
end
