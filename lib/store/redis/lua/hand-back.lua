-- Gives up a consumer's name, and hands back entries that it holds and has not begun: any consumer that
-- looks for timed-out entries takes them over at once, before anything newer.
--
-- KEYS: stream, the group's state, the stream's bell
-- ARGV: group, consumer, holder's token, the consumer to hold them meanwhile, idle ms, 1 where the name is
--   kept, and entry ids, ascending
-- Reply: how many were handed back

--- @include "holder"
--- @include "owned"
--- @include "gone"
--- @include "ring"

local stream, state, bell = unpack(KEYS)
local group, consumer, token, nobody, idle, keepsName = unpack(ARGV, 1, 6)
if not ask(state, consumer, token) then return 0 end
local handed = 0
if #ARGV > 6 and redis.call('EXISTS', stream) == 1 then
  local ids = {}
  for i = 7, #ARGV do ids[#ids + 1] = ARGV[i] end
  local isGone = goneFrom(stream)
  local set = owned(stream, group, consumer, ids)
  for _, id in ipairs(ids) do
    if set[id] and not isGone(id) then
      -- It was not begun, so this delivery does not count.
      local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
      local count = math.max(0, pending[4] - 1)
      redis.call('XCLAIM', stream, group, nobody, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'JUSTID')
      handed = handed + 1
    end
  end
end
if keepsName ~= '1' then redis.call('HDEL', state, 'holder:' .. consumer, 'waiting:' .. consumer) end
if handed > 0 then ring(bell) end
return handed
