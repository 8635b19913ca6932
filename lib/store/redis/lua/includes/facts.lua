-- What XINFO says, as maps, and as the replies of scripts have it.
local function map(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- `streamFacts(stream)`: nil where there is no such stream.
local function streamFacts(stream)
  if redis.call('EXISTS', stream) == 0 then return nil end
  return map(redis.call('XINFO', 'STREAM', stream))
end

-- `groupFacts(stream, name)`: nil where there is no such group. Costs as much as there are groups.
local function groupFacts(stream, name)
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    -- Its name is the first field of each.
    if flat[2] == name then return map(flat) end
  end
end

-- `describeGroup(group, state)`: {name, lastDeliveredId, pending, count, remade, baseline}.
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end

-- `describeStream(stream, groups)`: {added, length, first, last, deleted, groups}.
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
