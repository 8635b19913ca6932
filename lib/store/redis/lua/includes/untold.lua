--- @include "entry-ids"

-- What has vanished is told by the process that finds it out, and stays in the group's state ('untold:...')
-- until that process says that it has: if the answer or the process is lost in between, the next one that
-- opens the group tells it. Twice rather than never.

-- `untold(state, kind, known, range)`: remembers a range {after, until or nil} beside what of its kind is
-- known and was not told yet (the text of the field, or false). Returns what is to be told; false for nothing.
local function untold(state, kind, known, range)
  local after, till = string.match(known or '', '^(%d+%-?%d*) (%S*)$')
  if after and range then
    if newer(range.after, after) then range.after = after end
    if till == '' then
      range['until'] = nil
    elseif range['until'] and newer(till, range['until']) then
      range['until'] = till
    end
  elseif after then
    range = { after = after, ['until'] = till ~= '' and till or nil }
  end
  if not range then return false end
  redis.call('HSET', state, 'untold:' .. kind, range.after .. ' ' .. (range['until'] or ''))
  return range
end
