-- `keyText(json)`: the text by which an entity is known, of the JSON of a parameter; nil for what can be no
-- key. The same as `keyTextOfJson` of wire/entity-key.ts, for every text. Takes time linear in its length.
local function keyText(json)
  local first, last = string.find(json, '[^ \t\n\r]'), string.match(json, '^.*[^ \t\n\r]()')
  if not first then return nil end
  local text = string.sub(json, first, last - 1)
  local whole, rest = string.match(text, '^(-?%d+)(.*)$')
  if whole then
    if string.find(whole, '^-?0%d') then return nil end
    rest = string.gsub(string.gsub(rest, '^%.%d+', ''), '^[eE][+-]?%d+', '')
    if rest ~= '' then return nil end
    text = string.gsub(text, '%.0+$', '')
    return text == '-0' and '0' or text
  end
  local inside = string.match(text, '^"(.*)"$')
  -- The JSON of Redis takes control characters, too.
  if not inside or string.find(inside, '[%z\1-\31]') then return nil end
  if not string.find(inside, '["\\]') then return inside end
  local plain = string.gsub(inside, '\\.', '')
  if string.find(plain, '["\\]') then return nil end
  -- It refuses halves of surrogate pairs, and what is escaped and needs it not.
  local isJson, key = pcall(cjson.decode, '["' .. inside .. '"]')
  return isJson and key[1] or nil
end
