--- @include "entry-ids"

-- `settle(stream, state, group, known, ids, stays)`: acknowledges entries (ascending, pending, at least one),
-- and moves the group's state:
-- * `acknowledged`: up to where everything is done, but for what was driven again; never goes back;
-- * `handled`: the newest entry that was acknowledged;
-- * `count`: how many entries were acknowledged in all;
-- * `redriven`: the oldest entry up to `acknowledged` that is pending again.
-- `stays` is what XPENDING says of the oldest entry that stays pending, in a table; nil: it is looked for.
local function settle(stream, state, group, known, ids, stays)
  -- First of all: when memory is short, Redis refuses what needs more unless the script has changed
  -- something already.
  local count = known.count
  for first = 1, #ids, 1000 do
    count = count + redis.call('XACK', stream, group, unpack(ids, first, math.min(first + 999, #ids)))
  end
  local handled = ids[#ids]
  if known.handled and newer(known.handled, handled) then handled = known.handled end
  local oldest = (stays or redis.call('XPENDING', stream, group, '-', '+', 1))[1]
  local done = handled
  if oldest and not newer(oldest[1], handled) then done = before(oldest[1]) end
  if known.acknowledged and newer(known.acknowledged, done) then done = known.acknowledged end
  redis.call('HSET', state, 'acknowledged', done, 'handled', handled, 'count', count)
  if not known.redriven then return end
  if oldest and not newer(oldest[1], done) then
    redis.call('HSET', state, 'redriven', oldest[1])
  else
    redis.call('HDEL', state, 'redriven')
  end
end
