-- Whether something is stored under a key, and is of another type.
local function isOtherKind(key, expected)
  local kind = redis.call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected
end
