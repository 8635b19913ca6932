-- Gives up a consumer's name, and hands back the entries that it holds and has not begun: any consumer that
-- looks for timed-out entries takes them over at once, before anything newer.
--
-- KEYS: stream, the group's state, the stream's bell
-- ARGV: group, consumer, holder's token, the consumer to hold them meanwhile, idle ms, 1 where the name is
--   kept, how many of the following entries stay with the consumer, these, and the entries that were fetched
-- Reply: how many were handed back

--- @include "holder"
--- @include "gone"
--- @include "ring"
--- @include "unclaimed"

local stream, state, bell = unpack(KEYS)
local group, consumer, token, nobody, idle, keepsName, staying = unpack(ARGV, 1, 7)
if not ask(state, consumer, token) then return 0 end
local handed = 0
if redis.call('EXISTS', stream) == 1 then
  local stays, fetched = {}, {}
  for i = 8, #ARGV do
    local set = i < 8 + tonumber(staying) and stays or fetched
    set[ARGV[i]] = true
  end
  local isGone = goneFrom(stream)
  local hasNoted = areUnclaimed(stream, group, nobody)
  local start = '-'
  repeat
    local page = redis.call('XPENDING', stream, group, start, '+', 1000, consumer)
    for _, pending in ipairs(page) do
      local id, count = pending[1], pending[4]
      if not stays[id] and not isGone(id) then
        -- It was not begun, so this delivery does not count.
        if fetched[id] then count = math.max(0, count - 1) end
        redis.call('XCLAIM', stream, group, nobody, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'JUSTID')
        if not hasNoted then noteUnclaimed(state) end
        hasNoted = true
        handed = handed + 1
      end
      start = '(' .. id
    end
  until #page < 1000 or start == '(18446744073709551615-18446744073709551615'
end
if keepsName ~= '1' then
  redis.call('HDEL', state, 'holder:' .. consumer, 'waiting:' .. consumer, 'gone:' .. consumer)
end
if handed > 0 then ring(bell) end
return handed
