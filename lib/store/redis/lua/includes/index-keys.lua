-- The index of a stream: which of its entries are about which entity. Two hashes, either of which may be
-- deleted at any time. The index:
-- * `position`, `count`: the last entry that was taken in, and how many were;
-- * `s:<event>`: such events were taken in;
-- * `n:<entity>`: how many events it has, and the ids of the last of them, that fill no chunk yet;
-- * `c:<i>:<entity>`: ids of the others, in chunks.
-- Beside it, for who builds it anew and does not know it, which event is keyed by what:
-- * `keys`: JSON, by event: the parameters that were ever told to be its key, the current one last;
-- * `told`: digests of what services have told, as long as all of it is current.

-- How many ids a chunk has.
local CHUNK = 64

-- No two entities have one name, whatever parameters are called.
local function entityName(parameter, key)
  return #parameter .. ':' .. parameter .. ':' .. key
end

local function chunkField(name, i)
  return 'c:' .. i .. ':' .. name
end

-- What the field of an entity says: how many events it has, and ids, each behind a space.
local function parseEntity(text)
  if not text then return 0, '' end
  local size, ids = string.match(text, '^(%d+)(.*)$')
  return tonumber(size), ids
end

-- `openIndex(stream, key, toldKey)`: what an index is like before anything is taken in.
local function openIndex(stream, key, toldKey)
  local known, told = redis.call('HMGET', key, 'position', 'count'), redis.call('HMGET', toldKey, 'keys', 'told')
  local apiName, eventName = string.match(stream, '^(.+)%.([^.]+):stream$')
  return {
    stream = stream, key = key, position = known[1], count = tonumber(known[2] or 0),
    toldKey = toldKey, keys = cjson.decode(told[1] or '{}'), told = told[2] or '',
    -- Of entries that don't say it.
    apiName = apiName, eventName = eventName == '*' and '' or eventName or '',
  }
end

-- `beginAnew(index)`: forgets all but what was told.
local function beginAnew(index)
  redis.call('UNLINK', index.key)
  index.position, index.count, index.isAnew = false, 0, true
end

-- `tell(index, digest, text)`: takes over which events are keyed by what: JSON, by event its parameter; ''
-- where the caller hopes that it is known. Returns false where it isn't, and nothing was done.
local function tell(index, digest, text)
  if digest == '' or string.find(index.told, digest, 1, true) then return true end
  if text == '' then return false end
  -- Which keys an index knows whose own are gone, nobody can tell.
  local isLate, isOther = index.position and not next(index.keys), false
  for event, parameter in pairs(cjson.decode(text)) do
    local told, parameters = index.keys[event] or {}, {}
    for _, one in ipairs(told) do
      if one ~= parameter then parameters[#parameters + 1] = one end
    end
    if #parameters == #told and redis.call('HEXISTS', index.key, 's:' .. event) == 1 then isLate = true end
    if #told > 0 and told[#told] ~= parameter then isOther = true end
    parameters[#parameters + 1] = parameter
    index.keys[event] = parameters
  end
  -- Who has told otherwise will tell it again, and is right then.
  local isAlone = isOther or #index.told > 500
  index.told = isAlone and digest or index.told .. ' ' .. digest
  -- First of all what needs no memory.
  if isLate then beginAnew(index) end
  redis.call('HSET', index.toldKey, 'keys', cjson.encode(index.keys), 'told', index.told)
  return true
end
