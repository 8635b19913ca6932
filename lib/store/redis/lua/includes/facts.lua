-- `streamFacts(stream)`, `groupFacts(stream, name)`: what XINFO says, as maps; nil where they don't exist.
local function map(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
local function streamFacts(stream)
  if redis.call('EXISTS', stream) == 0 then return nil end
  return map(redis.call('XINFO', 'STREAM', stream))
end
local function groupFacts(stream, name)
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = map(flat)
    if group['name'] == name then return group end
  end
end
