-- `writeFirst(stream, group)`: changes nothing. When memory is short, Redis permits a script to write what
-- needs some only behind a write that needs none.
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
