-- `ring(bell)`: tells whoever listens to the stream that entries were handed back. The bell counts, and
-- does not expire: who can't hear it finds out later, too, that it was rung.
local function ring(bell)
  redis.call('SET', bell, (tonumber(redis.call('GET', bell)) or 0) + 1)
end
