-- The text under a key, and a sign of what is there, which is another after each change: '' for nothing. What is of
-- another type, or longer than so many bytes, is not read: its text is false.
local function storedText(key, longest)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return false, '' end
  if kind ~= 'string' then return false, kind end
  local length = redis.call('STRLEN', key)
  if length > tonumber(longest) then return false, 'text of ' .. length end
  local text = redis.call('GET', key)
  return text, redis.sha1hex(text)
end
