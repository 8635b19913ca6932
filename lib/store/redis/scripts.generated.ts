// Made by lua/build.mjs from lua/*.lua: change those, and run `npm run build:lua`.
import type { Script } from '../../redis/script.js';

/**
 * Acknowledges entries that a consumer still owns.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, how many of the ids have recorded attempts, those ids, and all
 *   ids, ascending
 * Reply: the ids that the consumer did not own; nil where the name belongs to another process
 */
export const ACKNOWLEDGE: Script = {
  name: 'acknowledge',
  sha: '084e466ab7255b2cc3d30d584ad39c610d8cbaa3',
  commands: ['hdel', 'hmget', 'hset', 'xack', 'xpending'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function owned(stream, group, consumer, ids)
  local set = {}
  if #ids == 0 then return set end
  local page = redis.call('XPENDING', stream, group, ids[1], ids[#ids], #ids + 100, consumer)
  for _, pending in ipairs(page) do set[pending[1]] = true end
  if #page < #ids + 100 then return set end
  for _, id in ipairs(ids) do
    if not set[id] and #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0 then set[id] = true end
  end
  return set
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function settle(stream, state, group, known, ids, stays)
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
local stream, state = unpack(KEYS)
local group, consumer, token, recorded = unpack(ARGV, 1, 4)
local known = ask(state, consumer, token)
if not known then return false end
local attempts, ids = {}, {}
for i = 5, 4 + recorded do attempts[ARGV[i]] = true end
for i = 5 + recorded, #ARGV do ids[#ids + 1] = ARGV[i] end
local page = redis.call('XPENDING', stream, group, '-', '+', #ids + 1)
local areOldest = true
for i, id in ipairs(ids) do
  local pending = page[i] or {}
  areOldest = areOldest and pending[1] == id and pending[2] == consumer
end
local stays = areOldest and { page[#ids + 1] } or nil
local set = areOldest and {} or owned(stream, group, consumer, ids)
local mine, others, forgotten = {}, {}, {}
for _, id in ipairs(ids) do
  if areOldest or set[id] then
    mine[#mine + 1] = id
    if attempts[id] then
      forgotten[#forgotten + 1] = 'attempts:' .. id
      forgotten[#forgotten + 1] = 'failing:' .. id
      forgotten[#forgotten + 1] = 'failure:' .. id
    end
  else
    others[#others + 1] = id
  end
end
if #mine > 0 then settle(stream, state, group, known, mine, stays) end
for first = 1, #forgotten, 1000 do
  redis.call('HDEL', state, unpack(forgotten, first, math.min(first + 999, #forgotten)))
end
return others`,
};

/**
 * As append-once.lua, if the entity that all entries are about has as many events as is expected, or if all
 * are there already.
 *
 * KEYS: stream, its index, what was told of it, and for each entry the key that says where it was stored
 * ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
 *   how many entries of it may be looked at, digest of the events' keys, the keys as JSON or '', how many
 *   entries may be taken into the index, of how many bytes, the entity's parameter and key, how many events
 *   it must have or 'any', id of the last of these or '', and the entries (see once.lua)
 * Reply: {'stored', for each entry { its id, 1 if it was there before, its sequence or 0 }}; {'refused', how
 *   many events the entity has}; and where nothing was done: {'untold'}, {'behind', ...} (see
 *   entity-index.lua), or {'look'} where it would have to look at more entries of the stream than it may
 */
export const APPEND_EXPECTED: Script = {
  name: 'append-expected',
  sha: 'f1a4b0892056c49864dff0320af3975599abfd08',
  commands: ['get', 'hexists', 'hget', 'hmget', 'hset', 'set', 'unlink', 'xadd', 'xlen', 'xrange'],
  lua: `local function requireRight(...)
  if redis.acl_check_cmd and not redis.acl_check_cmd(...) then redis.call(...) end
end
local function entriesFrom(first, firstKey)
  local entries = {}
  while first <= #ARGV do
    local values = tonumber(ARGV[first + 3])
    local entry = {
      place = ARGV[first], identity = ARGV[first + 2] .. ' ' .. ARGV[first + 1],
      first = first + 4, last = first + 3 + values, key = KEYS[#entries + firstKey],
    }
    entries[#entries + 1] = entry
    first = entry.last + 1
  end
  return entries
end
local function find(stream, entries, from, most)
  local sought, isSought, isMissing = {}, false, false
  for _, entry in ipairs(entries) do
    entry.id = redis.call('GET', entry.key)
    if not entry.id and entry.place == '?' then
      sought[entry.identity] = entry
      isSought = true
    elseif not entry.id and entry.place ~= '' then
      entry.id = entry.place
    end
  end
  if isSought then
    local recent = redis.call('XRANGE', stream, from, '+', 'COUNT', most + 1)
    if #recent > most then return nil end
    for _, found in ipairs(recent) do
      local id, name
      for i = 1, #found[2], 2 do
        if found[2][i] == 'id' then id = id or found[2][i + 1] end
        if found[2][i] == 'event_name' then name = name or found[2][i + 1] end
      end
      local entry = sought[(name or '') .. ' ' .. (id or '')]
      if entry and not entry.id then entry.id = found[1] end
    end
  end
  for _, entry in ipairs(entries) do isMissing = isMissing or not entry.id end
  return isMissing
end
local function store(stream, entry, maxLength, remember)
  local command = { 'XADD', stream }
  if maxLength ~= '' then
    command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
  end
  command[#command + 1] = '*'
  for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
  requireRight('SET', entry.key, '', 'PX', remember)
  local id = redis.call(unpack(command))
  redis.call('SET', entry.key, id, 'PX', remember)
  return id
end
local function keyText(json)
  local first, last = string.find(json, '[^ \\t\\n\\r]'), string.match(json, '^.*[^ \\t\\n\\r]()')
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
  if not inside or string.find(inside, '[%z\\1-\\31]') then return nil end
  if not string.find(inside, '["\\\\]') then return inside end
  local plain = string.gsub(inside, '\\\\.', '')
  if string.find(plain, '["\\\\]') then return nil end
  local isJson, key = pcall(cjson.decode, '["' .. inside .. '"]')
  return isJson and key[1] or nil
end
local CHUNK = 64
local function entityName(parameter, key)
  return #parameter .. ':' .. parameter .. ':' .. key
end
local function chunkField(name, i)
  return 'c:' .. i .. ':' .. name
end
local function parseEntity(text)
  if not text then return 0, '' end
  local size, ids = string.match(text, '^(%d+)(.*)$')
  return tonumber(size), ids
end
local function openIndex(stream, key, toldKey)
  local known, told = redis.call('HMGET', key, 'position', 'count'), redis.call('HMGET', toldKey, 'keys', 'told')
  local apiName, eventName = string.match(stream, '^(.+)%.([^.]+):stream$')
  return {
    stream = stream, key = key, position = known[1], count = tonumber(known[2] or 0),
    toldKey = toldKey, keys = cjson.decode(told[1] or '{}'), told = told[2] or '',
    apiName = apiName, eventName = eventName == '*' and '' or eventName or '',
  }
end
local function beginAnew(index)
  redis.call('UNLINK', index.key)
  index.position, index.count, index.isAnew = false, 0, true
end
local function tell(index, digest, text)
  if digest == '' or string.find(index.told, digest, 1, true) then return true end
  if text == '' then return false end
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
  local isAlone = isOther or #index.told > 500
  index.told = isAlone and digest or index.told .. ' ' .. digest
  if isLate then beginAnew(index) end
  redis.call('HSET', index.toldKey, 'keys', cjson.encode(index.keys), 'told', index.told)
  return true
end
local function valuesOf(index, fields)
  local values = {}
  for first = 1, #fields, 1000 do
    local some = redis.call('HMGET', index.key, unpack(fields, first, math.min(first + 999, #fields)))
    for i, value in ipairs(some) do values[first + i - 1] = value end
  end
  return values
end
local function newBatch()
  return { names = {}, ids = {}, seen = {}, length = 0 }
end
local function collect(index, batch, id, fields)
  local api, event = '', ''
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    batch.length = batch.length + #name + #value
    if name == 'event_name' then event = value elseif name == 'api_name' then api = value end
  end
  index.position, index.count = id, index.count + 1
  if not index.apiName or (api ~= '' and api ~= index.apiName) then return end
  if event == '' then event = index.eventName end
  batch.seen[event] = true
  for _, parameter in ipairs(index.keys[event] or {}) do
    local json
    for i = #fields - 1, 1, -2 do
      if fields[i] == ':' .. parameter then
        json = fields[i + 1]
        break
      end
    end
    local key = json and keyText(json)
    if key then
      local name = entityName(parameter, key)
      local ids = batch.ids[name]
      if not ids then
        ids = {}
        batch.ids[name] = ids
        batch.names[#batch.names + 1] = name
      end
      ids[#ids + 1] = id
    end
  end
end
local function write(index, batch)
  local writes = { 'position', index.position, 'count', index.count }
  local function set(field, value)
    writes[#writes + 1], writes[#writes + 2] = field, value
  end
  for event in pairs(batch.seen) do set('s:' .. event, 1) end
  local fields = {}
  for i, name in ipairs(batch.names) do fields[i] = 'n:' .. name end
  local known = valuesOf(index, fields)
  for i, name in ipairs(batch.names) do
    local size, ids = parseEntity(known[i])
    for _, id in ipairs(batch.ids[name]) do
      size, ids = size + 1, ids .. ' ' .. id
      if size % CHUNK == 0 then
        set(chunkField(name, size / CHUNK - 1), ids)
        ids = ''
      end
    end
    set(fields[i], size .. ids)
  end
  for first = 1, #writes, 1000 do
    redis.call('HSET', index.key, unpack(writes, first, math.min(first + 999, #writes)))
  end
end
local function takeIn(index, most, length)
  local batch, taken, step = newBatch(), 0, 5
  repeat
    local last = index.position
    local page = redis.call('XRANGE', index.stream, last or '-', '+', 'COUNT', step + (last and 1 or 0))
    if last and (not page[1] or page[1][1] ~= last) then
      beginAnew(index)
      return false
    end
    local first = last and 2 or 1
    for i = first, #page do collect(index, batch, page[i][1], page[i][2]) end
    local got = #page - first + 1
    taken = taken + got
    if got < step then
      if redis.call('XLEN', index.stream) ~= index.count then
        beginAnew(index)
        return false
      end
      if taken > 0 then write(index, batch) end
      return true
    end
    step = math.min(step * 10, most - taken, math.floor((length - batch.length) * taken / (batch.length + 1)))
  until step < 1
  write(index, batch)
  return false
end
local function behind(index)
  return { 'behind', index.isAnew and 1 or 0, index.count, redis.call('XLEN', index.stream) }
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function idsIn(text)
  local ids = {}
  for id in string.gmatch(text, '%S+') do ids[#ids + 1] = id end
  return ids
end
local function openEntity(index, parameter, key)
  local name = entityName(parameter, key)
  local size, ids = parseEntity(redis.call('HGET', index.key, 'n:' .. name))
  return { index = index, name = name, size = size, chunks = { [math.floor(size / CHUNK)] = idsIn(ids) } }
end
local function idAt(entity, sequence)
  local i = math.floor((sequence - 1) / CHUNK)
  if not entity.chunks[i] then
    entity.chunks[i] = idsIn(redis.call('HGET', entity.index.key, chunkField(entity.name, i)) or '')
  end
  return entity.chunks[i][sequence - i * CHUNK]
end
local function countUpTo(entity, id, isBefore)
  local function counts(sequence)
    local other = idAt(entity, sequence)
    return newer(id, other) or (not isBefore and id == other)
  end
  local low, high = 0, entity.size + 1
  local last = high - 1 - (high - 2) % CHUNK
  if high > 1 and counts(last) then low = last elseif high > 1 then high = last end
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    local first = middle - (middle - 1) % CHUNK
    if first > low and first < high then middle = first end
    if counts(middle) then low = middle else high = middle end
  end
  return low
end
local function sequenceOf(entity, id)
  local sequence = countUpTo(entity, id)
  return sequence > 0 and idAt(entity, sequence) == id and sequence or 0
end
local stream = KEYS[1]
local remember, maxLength, from, most, digest, keys, mostTaken, length, parameter, key, version, last = unpack(ARGV, 1, 12)
local index = openIndex(stream, KEYS[2], KEYS[3])
if not tell(index, digest, keys) then return { 'untold' } end
if not takeIn(index, tonumber(mostTaken), tonumber(length)) then return behind(index) end
local entries = entriesFrom(13, 4)
local isMissing = find(stream, entries, from, tonumber(most))
if isMissing == nil then return { 'look' } end
if isMissing then
  local entity = openEntity(index, parameter, key)
  local isSame = tonumber(version) == entity.size and (last == '' or idAt(entity, entity.size) == last)
  if version ~= 'any' and not isSame then return { 'refused', entity.size } end
  requireRight('HSET', index.key, 'count', index.count)
  local batch = newBatch()
  for _, entry in ipairs(entries) do
    if not entry.id then
      local fields = {}
      for i = entry.first, entry.last do fields[#fields + 1] = ARGV[i] end
      entry.id, entry.isNew = store(stream, entry, maxLength, remember), true
      collect(index, batch, entry.id, fields)
    end
  end
  write(index, batch)
end
local entity, places = openEntity(index, parameter, key), { 'stored' }
for _, entry in ipairs(entries) do
  places[#places + 1] = { entry.id, entry.isNew and 0 or 1, sequenceOf(entity, entry.id) }
end
return places`,
};

/**
 * Stores those entries, in order, that are not there yet. Does nothing where it would have to look at
 * more entries of the stream than it may: the caller looks through them, page by page, and comes again.
 *
 * KEYS: stream, and for each entry the key that says where it was stored
 * ARGV: ms to remember that, MAXLEN or '', start of the range of the stream that was not looked at yet,
 *   how many entries of it may be looked at, and the entries (see once.lua)
 * Reply: for each entry its id, or { its id } where it was there before; nil where nothing was done
 */
export const APPEND_ONCE: Script = {
  name: 'append-once',
  sha: 'ac2f6d846cefda90278b6cfdd45f57b42852ccfa',
  commands: ['get', 'set', 'xadd', 'xrange'],
  lua: `local function requireRight(...)
  if redis.acl_check_cmd and not redis.acl_check_cmd(...) then redis.call(...) end
end
local function entriesFrom(first, firstKey)
  local entries = {}
  while first <= #ARGV do
    local values = tonumber(ARGV[first + 3])
    local entry = {
      place = ARGV[first], identity = ARGV[first + 2] .. ' ' .. ARGV[first + 1],
      first = first + 4, last = first + 3 + values, key = KEYS[#entries + firstKey],
    }
    entries[#entries + 1] = entry
    first = entry.last + 1
  end
  return entries
end
local function find(stream, entries, from, most)
  local sought, isSought, isMissing = {}, false, false
  for _, entry in ipairs(entries) do
    entry.id = redis.call('GET', entry.key)
    if not entry.id and entry.place == '?' then
      sought[entry.identity] = entry
      isSought = true
    elseif not entry.id and entry.place ~= '' then
      entry.id = entry.place
    end
  end
  if isSought then
    local recent = redis.call('XRANGE', stream, from, '+', 'COUNT', most + 1)
    if #recent > most then return nil end
    for _, found in ipairs(recent) do
      local id, name
      for i = 1, #found[2], 2 do
        if found[2][i] == 'id' then id = id or found[2][i + 1] end
        if found[2][i] == 'event_name' then name = name or found[2][i + 1] end
      end
      local entry = sought[(name or '') .. ' ' .. (id or '')]
      if entry and not entry.id then entry.id = found[1] end
    end
  end
  for _, entry in ipairs(entries) do isMissing = isMissing or not entry.id end
  return isMissing
end
local function store(stream, entry, maxLength, remember)
  local command = { 'XADD', stream }
  if maxLength ~= '' then
    command[3], command[4], command[5] = 'MAXLEN', '~', maxLength
  end
  command[#command + 1] = '*'
  for j = entry.first, entry.last do command[#command + 1] = ARGV[j] end
  requireRight('SET', entry.key, '', 'PX', remember)
  local id = redis.call(unpack(command))
  redis.call('SET', entry.key, id, 'PX', remember)
  return id
end
local stream, remember, maxLength, from, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local entries = entriesFrom(5, 2)
if find(stream, entries, from, most) == nil then return false end
local places = {}
for i, entry in ipairs(entries) do
  places[i] = entry.id and { entry.id } or store(stream, entry, maxLength, remember)
end
return places`,
};

/**
 * Shows that a process lives. When memory is short, Redis still permits it: what comes first needs none.
 *
 * KEYS: the process's key
 * ARGV: for how long, ms, and what the process says of itself
 * Reply: 1, or 0 where it gave no sign of life before, or that is gone
 */
export const BEAT: Script = {
  name: 'beat',
  sha: '0d5be72a1827f708e294745b2a0026db7109f2de',
  commands: ['pexpire', 'set'],
  lua: `local key = KEYS[1]
local ttl, text = unpack(ARGV)
if redis.call('PEXPIRE', key, ttl) == 1 then return 1 end
redis.call('SET', key, text, 'PX', ttl)
return 0`,
};

/**
 * Takes over entries that have been idle for too long: other consumers', and those of the own name that
 * came over a connection that nobody listened to any more. Not XAUTOCLAIM: that drops entries whose data
 * is gone. Where it is, and its owner had it in hand before and says so, it stays with its owner.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, minimum idle ms, start, how many, the consumer that holds what
 *   was handed back
 * Reply: {next start or nil, {{id, fields or nil, delivery count, recorded attempts, and two times of theirs
 *   (see read-pending.lua)}, ...}, {{consumer, its holder's token, the oldest entry that it had}, ...}}, the last for consumers that are met for the
 *   first time since their names were taken; nil where the name belongs to another process
 */
export const CLAIM: Script = {
  name: 'claim',
  sha: 'b48268efe20e95aa0389ca4e1cca975ca3033b36',
  commands: ['exists', 'hget', 'hmget', 'hset', 'time', 'xack', 'xclaim', 'xinfo|groups', 'xinfo|stream', 'xpending', 'xrange'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function interruptedBy(stream, state, group, consumer)
  local known = redis.call('HMGET', state, 'interrupted:' .. consumer, 'waiting:' .. consumer)
  if known[1] then return known[1], true end
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1]
  if not oldest then return nil, true end
  return oldest[1], known[2] == oldest[1]
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function goneFrom(stream)
  local facts = streamFacts(stream)
  local first, deleted = facts['first-entry'], facts['max-deleted-entry-id']
  return function(id)
    if not first or newer(first[1], id) then return true end
    if newer(id, deleted) then return false end
    return #redis.call('XRANGE', stream, id, id) == 0
  end
end
local function removedFrom(stream)
  local facts = streamFacts(stream)
  return string.format('%.0f', facts['entries-added'] - facts['length'])
end
local function idsIn(text)
  local set = {}
  for id in string.gmatch(text, '%d+%-%d+') do set[id] = true end
  return set
end
local function goneOf(stream, state, consumer)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local removed = text and string.match(text, '^%d+ (%d+)')
  local isGone = goneFrom(stream)
  if removed ~= removedFrom(stream) then return isGone end
  local set = idsIn(text)
  return function(id, wasKept)
    if wasKept then return set[id] or false end
    return isGone(id)
  end
end
local function keepGone(stream, state, consumer, ids)
  local head = string.format('%.0f', #ids > 0 and serverTime() or 0) .. ' ' .. removedFrom(stream)
  redis.call('HSET', state, 'gone:' .. consumer, head .. ' ' .. table.concat(ids, ' '))
end
local function keptGone(state, consumer, idle)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local said = text and tonumber(string.match(text, '^%d+'))
  if not said or said == 0 then return {} end
  local now = serverTime()
  return now >= said and now - said < tonumber(idle) and idsIn(text) or {}
end
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 then return 0, false, false, 0 end
  local hasFailed = tonumber(string.match(known[3] or '', '^%d+')) == attempts and 1 or 0
  local first, latest = string.match(known[2] or '', '^(%d+) (%d+)$')
  local now = first and serverTime() or 0
  if now == 0 then return attempts, false, false, hasFailed end
  return attempts, math.max(0, now - first), math.max(0, latest - first), hasFailed
end
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return now end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  local text = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or text) .. ' ' .. text)
  return now
end
local stream, state = unpack(KEYS)
local group, consumer, token, idle, start, most, nobody = unpack(ARGV, 1, 7)
if not ask(state, consumer, token) then return false end
local page = redis.call('XPENDING', stream, group, 'IDLE', idle, start, '+', most)
local claimed, interrupted, asked, kept = {}, {}, { [consumer] = true, [nobody] = true }, {}
for _, pending in ipairs(page) do
  local id, owner = pending[1], pending[2]
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    if not asked[owner] then
      asked[owner] = true
      local holder = tokenOf(redis.call('HGET', state, 'holder:' .. owner))
      local began, isKnown = interruptedBy(stream, state, group, owner)
      if holder and not isKnown then interrupted[#interrupted + 1] = { owner, holder, began } end
      writeFirst(stream, group)
      if holder then redis.call('HSET', state, 'interrupted:' .. owner, began) end
    end
    redis.call('XCLAIM', stream, group, consumer, idle, id, 'RETRYCOUNT', pending[4] + 1, 'JUSTID')
    claimed[#claimed + 1] = { id, entry[2], pending[4] + 1, attemptsAt(state, id) }
  else
    kept[owner] = kept[owner] or keptGone(state, owner, idle)
    if not kept[owner][id] then claimed[#claimed + 1] = { id, false, pending[4], attemptsAt(state, id) } end
  end
end
local last = #page == tonumber(most) and page[#page][1]
if last == '18446744073709551615-18446744073709551615' then last = false end
return { last and '(' .. last, claimed, interrupted }`,
};

/**
 * Removes consumers that hold nothing and have been idle for too long, with what the group's state says
 * of them.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer (which stays), ms after which a consumer counts as gone
 * Reply: how many were removed
 */
export const CLEAN_UP: Script = {
  name: 'clean-up',
  sha: '21ab88d1ed963188cf42e02cf18d5bf367e035ad',
  commands: ['exists', 'hdel', 'hmget', 'xgroup|delconsumer', 'xinfo|consumers', 'xinfo|groups', 'xinfo|stream'],
  lua: `local function map(flat)
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function forgetConsumer(stream, state, group, consumer)
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  for _, field in ipairs({ 'holder:', 'consumer:', 'waiting:', 'interrupted:', 'gone:', 'oldest:' }) do
    redis.call('HDEL', state, field .. consumer)
  end
end
local stream, state = unpack(KEYS)
local group, consumer, ttl = unpack(ARGV, 1, 3)
local removed = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local other = map(flat)
  local name = other['name']
  if name ~= consumer and other['pending'] == 0 and other['idle'] > tonumber(ttl) then
    forgetConsumer(stream, state, group, name)
    removed = removed + 1
  end
end
return removed`,
};

/**
 * Counts an attempt that another process began and did not end.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, entry id
 * Reply: how many attempts are recorded now, 0 where the entry is not pending; nil where the name belongs
 *   to another process
 */
export const COUNT_ATTEMPT: Script = {
  name: 'count-attempt',
  sha: '76409a67a73a217061711abc44911e5d0042f509',
  commands: ['hincrby', 'hmget', 'hset', 'time', 'xack', 'xpending'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 then return 0, false, false, 0 end
  local hasFailed = tonumber(string.match(known[3] or '', '^%d+')) == attempts and 1 or 0
  local first, latest = string.match(known[2] or '', '^(%d+) (%d+)$')
  local now = first and serverTime() or 0
  if now == 0 then return attempts, false, false, hasFailed end
  return attempts, math.max(0, now - first), math.max(0, latest - first), hasFailed
end
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return now end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  local text = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or text) .. ' ' .. text)
  return now
end
local stream, state = unpack(KEYS)
local group, consumer, token, id = unpack(ARGV)
if not ask(state, consumer, token) then return false end
if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return 0 end
writeFirst(stream, group)
local _, since = attemptsAt(state, id)
if not since then keepTime(state, id) end
return redis.call('HINCRBY', state, 'attempts:' .. id, 1)`,
};

/**
 * Copies the entry to the dead-letter stream, and acknowledges it. (Names of the fields: dead-letter.ts.)
 *
 * Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are packed
 * into one value, as JSON.
 *
 * KEYS: stream, the group's state, dead-letter stream
 * ARGV: group, consumer, holder's token, id, report as JSON
 * Reply: the id of the dead letter, or '' where the entry is not the consumer's any more; nil where the name
 *   belongs to another process
 */
export const DEAD_LETTER: Script = {
  name: 'dead-letter',
  sha: 'e19b46bc5627f82187889a45064b8874203c8ab8',
  commands: ['hdel', 'hmget', 'hset', 'xack', 'xadd', 'xpending', 'xrange'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function settle(stream, state, group, known, ids, stays)
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
local stream, state, letters = unpack(KEYS)
local group, consumer, token, id, report = unpack(ARGV)
local known = ask(state, consumer, token)
if not known then return false end
local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
if not pending then return '' end
local entry = redis.call('XRANGE', stream, id, id)[1]
if entry and pending[2] ~= consumer then return '' end
local letter = { 'dead_letter', report }
if entry and #entry[2] > 7000 then
  letter[1], letter[3], letter[4] = 'dead_letter_packed', '', cjson.encode(entry[2])
elseif entry then
  for i = 1, #entry[2] do letter[i + 2] = entry[2][i] end
end
local stored = redis.call('XADD', letters, '*', unpack(letter))
settle(stream, state, group, known, { id })
redis.call('HDEL', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
return stored`,
};

/**
 * Where events of an entity are. The index takes in first what is new.
 *
 * KEYS: stream, its index, what was told of it
 * ARGV: digest of the events' keys, the keys as JSON or '', how many entries may be taken in, of how many
 *   bytes, the entity's parameter and key, first and last id, each or '', how many places, and 1 to begin
 *   with the last
 * Reply: {'current', sequence of the first of these, their ids}, or as take-in.lua
 */
export const ENTITY_PLACES: Script = {
  name: 'entity-places',
  sha: 'd1a252a35d3a0d5526d8ac7ff875a7895cef2e05',
  commands: ['hexists', 'hget', 'hmget', 'hset', 'unlink', 'xlen', 'xrange'],
  lua: `local function keyText(json)
  local first, last = string.find(json, '[^ \\t\\n\\r]'), string.match(json, '^.*[^ \\t\\n\\r]()')
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
  if not inside or string.find(inside, '[%z\\1-\\31]') then return nil end
  if not string.find(inside, '["\\\\]') then return inside end
  local plain = string.gsub(inside, '\\\\.', '')
  if string.find(plain, '["\\\\]') then return nil end
  local isJson, key = pcall(cjson.decode, '["' .. inside .. '"]')
  return isJson and key[1] or nil
end
local CHUNK = 64
local function entityName(parameter, key)
  return #parameter .. ':' .. parameter .. ':' .. key
end
local function chunkField(name, i)
  return 'c:' .. i .. ':' .. name
end
local function parseEntity(text)
  if not text then return 0, '' end
  local size, ids = string.match(text, '^(%d+)(.*)$')
  return tonumber(size), ids
end
local function openIndex(stream, key, toldKey)
  local known, told = redis.call('HMGET', key, 'position', 'count'), redis.call('HMGET', toldKey, 'keys', 'told')
  local apiName, eventName = string.match(stream, '^(.+)%.([^.]+):stream$')
  return {
    stream = stream, key = key, position = known[1], count = tonumber(known[2] or 0),
    toldKey = toldKey, keys = cjson.decode(told[1] or '{}'), told = told[2] or '',
    apiName = apiName, eventName = eventName == '*' and '' or eventName or '',
  }
end
local function beginAnew(index)
  redis.call('UNLINK', index.key)
  index.position, index.count, index.isAnew = false, 0, true
end
local function tell(index, digest, text)
  if digest == '' or string.find(index.told, digest, 1, true) then return true end
  if text == '' then return false end
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
  local isAlone = isOther or #index.told > 500
  index.told = isAlone and digest or index.told .. ' ' .. digest
  if isLate then beginAnew(index) end
  redis.call('HSET', index.toldKey, 'keys', cjson.encode(index.keys), 'told', index.told)
  return true
end
local function valuesOf(index, fields)
  local values = {}
  for first = 1, #fields, 1000 do
    local some = redis.call('HMGET', index.key, unpack(fields, first, math.min(first + 999, #fields)))
    for i, value in ipairs(some) do values[first + i - 1] = value end
  end
  return values
end
local function newBatch()
  return { names = {}, ids = {}, seen = {}, length = 0 }
end
local function collect(index, batch, id, fields)
  local api, event = '', ''
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    batch.length = batch.length + #name + #value
    if name == 'event_name' then event = value elseif name == 'api_name' then api = value end
  end
  index.position, index.count = id, index.count + 1
  if not index.apiName or (api ~= '' and api ~= index.apiName) then return end
  if event == '' then event = index.eventName end
  batch.seen[event] = true
  for _, parameter in ipairs(index.keys[event] or {}) do
    local json
    for i = #fields - 1, 1, -2 do
      if fields[i] == ':' .. parameter then
        json = fields[i + 1]
        break
      end
    end
    local key = json and keyText(json)
    if key then
      local name = entityName(parameter, key)
      local ids = batch.ids[name]
      if not ids then
        ids = {}
        batch.ids[name] = ids
        batch.names[#batch.names + 1] = name
      end
      ids[#ids + 1] = id
    end
  end
end
local function write(index, batch)
  local writes = { 'position', index.position, 'count', index.count }
  local function set(field, value)
    writes[#writes + 1], writes[#writes + 2] = field, value
  end
  for event in pairs(batch.seen) do set('s:' .. event, 1) end
  local fields = {}
  for i, name in ipairs(batch.names) do fields[i] = 'n:' .. name end
  local known = valuesOf(index, fields)
  for i, name in ipairs(batch.names) do
    local size, ids = parseEntity(known[i])
    for _, id in ipairs(batch.ids[name]) do
      size, ids = size + 1, ids .. ' ' .. id
      if size % CHUNK == 0 then
        set(chunkField(name, size / CHUNK - 1), ids)
        ids = ''
      end
    end
    set(fields[i], size .. ids)
  end
  for first = 1, #writes, 1000 do
    redis.call('HSET', index.key, unpack(writes, first, math.min(first + 999, #writes)))
  end
end
local function takeIn(index, most, length)
  local batch, taken, step = newBatch(), 0, 5
  repeat
    local last = index.position
    local page = redis.call('XRANGE', index.stream, last or '-', '+', 'COUNT', step + (last and 1 or 0))
    if last and (not page[1] or page[1][1] ~= last) then
      beginAnew(index)
      return false
    end
    local first = last and 2 or 1
    for i = first, #page do collect(index, batch, page[i][1], page[i][2]) end
    local got = #page - first + 1
    taken = taken + got
    if got < step then
      if redis.call('XLEN', index.stream) ~= index.count then
        beginAnew(index)
        return false
      end
      if taken > 0 then write(index, batch) end
      return true
    end
    step = math.min(step * 10, most - taken, math.floor((length - batch.length) * taken / (batch.length + 1)))
  until step < 1
  write(index, batch)
  return false
end
local function behind(index)
  return { 'behind', index.isAnew and 1 or 0, index.count, redis.call('XLEN', index.stream) }
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function idsIn(text)
  local ids = {}
  for id in string.gmatch(text, '%S+') do ids[#ids + 1] = id end
  return ids
end
local function openEntity(index, parameter, key)
  local name = entityName(parameter, key)
  local size, ids = parseEntity(redis.call('HGET', index.key, 'n:' .. name))
  return { index = index, name = name, size = size, chunks = { [math.floor(size / CHUNK)] = idsIn(ids) } }
end
local function idAt(entity, sequence)
  local i = math.floor((sequence - 1) / CHUNK)
  if not entity.chunks[i] then
    entity.chunks[i] = idsIn(redis.call('HGET', entity.index.key, chunkField(entity.name, i)) or '')
  end
  return entity.chunks[i][sequence - i * CHUNK]
end
local function countUpTo(entity, id, isBefore)
  local function counts(sequence)
    local other = idAt(entity, sequence)
    return newer(id, other) or (not isBefore and id == other)
  end
  local low, high = 0, entity.size + 1
  local last = high - 1 - (high - 2) % CHUNK
  if high > 1 and counts(last) then low = last elseif high > 1 then high = last end
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    local first = middle - (middle - 1) % CHUNK
    if first > low and first < high then middle = first end
    if counts(middle) then low = middle else high = middle end
  end
  return low
end
local function sequenceOf(entity, id)
  local sequence = countUpTo(entity, id)
  return sequence > 0 and idAt(entity, sequence) == id and sequence or 0
end
local index = openIndex(KEYS[1], KEYS[2], KEYS[3])
local digest, keys, most, length, parameter, key, first, last, count, isReverse = unpack(ARGV)
if not tell(index, digest, keys) then return { 'untold' } end
if not takeIn(index, tonumber(most), tonumber(length)) then return behind(index) end
local entity = openEntity(index, parameter, key)
local low = first == '' and 1 or countUpTo(entity, first, true) + 1
local high = last == '' and entity.size or countUpTo(entity, last)
local from, to, step = low, math.min(high, low + count - 1), 1
if isReverse == '1' then
  from, to, step = high, math.max(low, high - count + 1), -1
end
local places = { 'current', from }
for sequence = from, to, step do places[#places + 1] = idAt(entity, sequence) end
return places`,
};

/**
 * Gives up a consumer's name, and hands back the entries that it holds and has not begun: any consumer that
 * looks for timed-out entries takes them over at once, before anything newer.
 *
 * KEYS: stream, the group's state, the stream's bell
 * ARGV: group, consumer, holder's token, the consumer to hold them meanwhile, idle ms, 1 where the name is
 *   kept, how many of the following entries stay with the consumer, these, and the entries that were fetched
 * Reply: how many were handed back
 */
export const HAND_BACK: Script = {
  name: 'hand-back',
  sha: '876dcdacbac3e93e40a4ca2234c6740c2e79829b',
  commands: ['exists', 'get', 'hdel', 'hget', 'hmget', 'hset', 'set', 'time', 'xclaim', 'xinfo|groups', 'xinfo|stream', 'xpending', 'xrange'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function goneFrom(stream)
  local facts = streamFacts(stream)
  local first, deleted = facts['first-entry'], facts['max-deleted-entry-id']
  return function(id)
    if not first or newer(first[1], id) then return true end
    if newer(id, deleted) then return false end
    return #redis.call('XRANGE', stream, id, id) == 0
  end
end
local function removedFrom(stream)
  local facts = streamFacts(stream)
  return string.format('%.0f', facts['entries-added'] - facts['length'])
end
local function idsIn(text)
  local set = {}
  for id in string.gmatch(text, '%d+%-%d+') do set[id] = true end
  return set
end
local function goneOf(stream, state, consumer)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local removed = text and string.match(text, '^%d+ (%d+)')
  local isGone = goneFrom(stream)
  if removed ~= removedFrom(stream) then return isGone end
  local set = idsIn(text)
  return function(id, wasKept)
    if wasKept then return set[id] or false end
    return isGone(id)
  end
end
local function keepGone(stream, state, consumer, ids)
  local head = string.format('%.0f', #ids > 0 and serverTime() or 0) .. ' ' .. removedFrom(stream)
  redis.call('HSET', state, 'gone:' .. consumer, head .. ' ' .. table.concat(ids, ' '))
end
local function keptGone(state, consumer, idle)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local said = text and tonumber(string.match(text, '^%d+'))
  if not said or said == 0 then return {} end
  local now = serverTime()
  return now >= said and now - said < tonumber(idle) and idsIn(text) or {}
end
local function ring(bell)
  redis.call('SET', bell, (tonumber(redis.call('GET', bell)) or 0) + 1)
end
local function areUnclaimed(stream, group, nobody)
  return #redis.call('XPENDING', stream, group, '-', '+', 1, nobody) > 0
end
local function noteUnclaimed(state)
  redis.call('HSET', state, 'unclaimed', string.format('%.0f', serverTime()))
end
local stream, state, bell = unpack(KEYS)
local group, consumer, token, nobody, idle, keepsName, staying = unpack(ARGV, 1, 7)
if not ask(state, consumer, token) then return 0 end
local handed = 0
if redis.call('EXISTS', stream) == 1 then
  local stays, fetched = {}, {}
  for i = 8, #ARGV do
    local set = i < 8 + tonumber(staying) and stays or fetched
    set[ARGV[i]] = true
  end
  local isGone = goneFrom(stream)
  local hasNoted = areUnclaimed(stream, group, nobody)
  local start = '-'
  repeat
    local page = redis.call('XPENDING', stream, group, start, '+', 1000, consumer)
    for _, pending in ipairs(page) do
      local id, count = pending[1], pending[4]
      if not stays[id] and not isGone(id) then
        if fetched[id] then count = math.max(0, count - 1) end
        redis.call('XCLAIM', stream, group, nobody, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'JUSTID')
        if not hasNoted then noteUnclaimed(state) end
        hasNoted = true
        handed = handed + 1
      end
      start = '(' .. id
    end
  until #page < 1000 or start == '(18446744073709551615-18446744073709551615'
end
if keepsName ~= '1' then
  redis.call('HDEL', state, 'holder:' .. consumer, 'waiting:' .. consumer, 'gone:' .. consumer)
end
if handed > 0 then ring(bell) end
return handed`,
};

/**
 * What entries of a stream are, without their payloads.
 *
 * KEYS: stream
 * ARGV: of how many bytes entries may be read, how many an entry has as far as is known, or 0, and for each range: its
 *   first id, its last, how many entries, and 1 to begin with the last
 * Reply: {how many entries were read, of how many bytes, for each range that was begun: {1 where it was cut, or 0, and
 *   of each entry: its id, api_name, event_name}}
 */
export const HEADS: Script = {
  name: 'heads',
  sha: '1eabc710fa7f97a9815b9a0068ffd9e277b53e06',
  commands: ['xrange', 'xrevrange'],
  lua: `local LONGEST = 200
local function valueOf(fields, name)
  for i = #fields - 1, 1, -2 do
    if fields[i] == name then return string.sub(fields[i + 1], 1, LONGEST) end
  end
  return ''
end
local most, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local taken, length = 0, 0
local function fitting()
  local average = taken > 0 and length / taken or size
  if average <= 0 then return 5 end
  return math.floor((most - length) / average)
end
local reply = { 0, 0 }
for i = 3, #ARGV, 4 do
  if length >= most then break end
  local first, last, left, isReverse = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3] == '1'
  local found, isCut = { 0 }, false
  while left > 0 do
    if length >= most then
      isCut = true
      break
    end
    local step = math.min(left, math.max(1, fitting()))
    local page
    if isReverse then
      page = redis.call('XREVRANGE', KEYS[1], last, first, 'COUNT', step)
    else
      page = redis.call('XRANGE', KEYS[1], first, last, 'COUNT', step)
    end
    for _, entry in ipairs(page) do
      for _, text in ipairs(entry[2]) do length = length + #text end
      found[#found + 1] = entry[1]
      found[#found + 1] = valueOf(entry[2], 'api_name')
      found[#found + 1] = valueOf(entry[2], 'event_name')
    end
    taken, left = taken + #page, left - #page
    if #page < step then break end
    local at = '(' .. page[#page][1]
    if isReverse then last = at else first = at end
  end
  if isCut then found[1] = 1 end
  reply[#reply + 1] = found
end
reply[1], reply[2] = taken, length
return reply`,
};

/**
 * The entry of a stream that a consumer was handling when it stopped, if it was handling one of this stream.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer
 * Reply: its id; nil for none
 */
export const INTERRUPTED: Script = {
  name: 'interrupted',
  sha: '529e85261b1bfd3caf3a46d70e564c606dbe393c',
  commands: ['exists', 'hmget', 'xpending'],
  lua: `local function interruptedBy(stream, state, group, consumer)
  local known = redis.call('HMGET', state, 'interrupted:' .. consumer, 'waiting:' .. consumer)
  if known[1] then return known[1], true end
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1]
  if not oldest then return nil, true end
  return oldest[1], known[2] == oldest[1]
end
local stream, state = unpack(KEYS)
local group, consumer = unpack(ARGV)
if redis.call('EXISTS', stream) == 0 then return false end
return interruptedBy(stream, state, group, consumer) or false`,
};

/**
 * Resets the idle time of entries that a consumer still owns, or says of them that it has them in hand.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, the ids of all entries that it has in hand, ascending, and last,
 *   for each of them, 1 where it was kept alive the last time, else 0 ('0110...')
 * Reply: the ids that the consumer did not own; nil where the name belongs to another process
 */
export const KEEP_ALIVE: Script = {
  name: 'keep-alive',
  sha: 'e8e86a60287b6f4a3bbf8ba5db723b19c99bc8dd',
  commands: ['exists', 'hget', 'hmget', 'hset', 'time', 'xack', 'xclaim', 'xinfo|groups', 'xinfo|stream', 'xpending', 'xrange'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function owned(stream, group, consumer, ids)
  local set = {}
  if #ids == 0 then return set end
  local page = redis.call('XPENDING', stream, group, ids[1], ids[#ids], #ids + 100, consumer)
  for _, pending in ipairs(page) do set[pending[1]] = true end
  if #page < #ids + 100 then return set end
  for _, id in ipairs(ids) do
    if not set[id] and #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0 then set[id] = true end
  end
  return set
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function goneFrom(stream)
  local facts = streamFacts(stream)
  local first, deleted = facts['first-entry'], facts['max-deleted-entry-id']
  return function(id)
    if not first or newer(first[1], id) then return true end
    if newer(id, deleted) then return false end
    return #redis.call('XRANGE', stream, id, id) == 0
  end
end
local function removedFrom(stream)
  local facts = streamFacts(stream)
  return string.format('%.0f', facts['entries-added'] - facts['length'])
end
local function idsIn(text)
  local set = {}
  for id in string.gmatch(text, '%d+%-%d+') do set[id] = true end
  return set
end
local function goneOf(stream, state, consumer)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local removed = text and string.match(text, '^%d+ (%d+)')
  local isGone = goneFrom(stream)
  if removed ~= removedFrom(stream) then return isGone end
  local set = idsIn(text)
  return function(id, wasKept)
    if wasKept then return set[id] or false end
    return isGone(id)
  end
end
local function keepGone(stream, state, consumer, ids)
  local head = string.format('%.0f', #ids > 0 and serverTime() or 0) .. ' ' .. removedFrom(stream)
  redis.call('HSET', state, 'gone:' .. consumer, head .. ' ' .. table.concat(ids, ' '))
end
local function keptGone(state, consumer, idle)
  local text = redis.call('HGET', state, 'gone:' .. consumer)
  local said = text and tonumber(string.match(text, '^%d+'))
  if not said or said == 0 then return {} end
  local now = serverTime()
  return now >= said and now - said < tonumber(idle) and idsIn(text) or {}
end
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
local stream, state = unpack(KEYS)
local group, consumer, token = unpack(ARGV, 1, 3)
if not ask(state, consumer, token) then return false end
local ids = {}
for i = 4, #ARGV - 1 do ids[#ids + 1] = ARGV[i] end
local kept = ARGV[#ARGV]
if #ids == 0 then return {} end
local set = owned(stream, group, consumer, ids)
local isGone = goneOf(stream, state, consumer)
local mine, gone, others = {}, {}, {}
for i, id in ipairs(ids) do
  if not set[id] then
    others[#others + 1] = id
  elseif isGone(id, string.sub(kept, i, i) == '1') then
    gone[#gone + 1] = id
  else
    mine[#mine + 1] = id
  end
end
writeFirst(stream, group)
keepGone(stream, state, consumer, gone)
local oldest = mine[1]
if oldest then
  local known = redis.call('HGET', state, 'oldest:' .. consumer)
  if not known or string.match(known, '^%S+') ~= oldest then
    redis.call('HSET', state, 'oldest:' .. consumer, oldest .. ' ' .. string.format('%.0f', serverTime()))
  end
end
for first = 1, #mine, 1000 do
  local page = { unpack(mine, first, math.min(first + 999, #mine)) }
  page[#page + 1] = 'JUSTID'
  redis.call('XCLAIM', stream, group, consumer, 0, unpack(page))
end
return others`,
};

/**
 * The last id that a group has delivered.
 *
 * KEYS: stream
 * ARGV: group
 * Reply: the id; nil where there is no such group
 */
export const LAST_DELIVERED: Script = {
  name: 'last-delivered',
  sha: '62592d2bf451f48cb404c9e25bd72b0ddb48f82e',
  commands: ['exists', 'hmget', 'xinfo|groups', 'xinfo|stream'],
  lua: `local function map(flat)
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local stream = KEYS[1]
local name = ARGV[1]
local group = groupFacts(stream, name)
return group and group['last-delivered-id'] or false`,
};

/**
 * What a stream has told last: two texts that change when there is news.
 *
 * KEYS: stream, the stream's bell
 * ARGV: none
 * Reply: the id of the newest entry, without its payload, and how often entries were handed back; nil
 *   for none
 */
export const LAST_NEWS: Script = {
  name: 'last-news',
  sha: '272da02c0aa2d9aea90067dfbc334dccb82eb67c',
  commands: ['get', 'xrevrange'],
  lua: `local stream, bell = unpack(KEYS)
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
return { newest and newest[1] or false, redis.call('GET', bell) }`,
};

/**
 * What there is to know of a stream and of some of its groups, without any payload.
 *
 * KEYS: stream, and the groups' states
 * ARGV: the groups, in the order of their states
 * Reply: JSON, {added, length, first, last, deleted, groups: [{name, lastDeliveredId, pending, count, remade,
 *   baseline}]},
 *   without groups that don't exist; nil where there is no such stream
 */
export const LOOK: Script = {
  name: 'look',
  sha: '2ea0b663ff18b58e3b094c70f9de43bf2cc153cc',
  commands: ['exists', 'hmget', 'xinfo|groups', 'xinfo|stream'],
  lua: `local function map(flat)
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local stream = streamFacts(KEYS[1])
if not stream then return false end
local groups, wanted = {}, {}
for i, name in ipairs(ARGV) do wanted[name] = KEYS[i + 1] end
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local state = wanted[flat[2]]
  if state then groups[#groups + 1] = describeGroup(map(flat), state) end
end
return cjson.encode(describeStream(stream, groups))`,
};

/**
 * Moves what losses of a group are counted from, unless another process has done so; and remembers what
 * has vanished, until it has been told.
 *
 * KEYS: the group's state
 * ARGV: what it is expected to be ('' for nothing), what it shall be, and where something has vanished,
 *   after which entry and up to which
 * Reply: 1, or 0 where it is something else
 */
export const MOVE_BASELINE: Script = {
  name: 'move-baseline',
  sha: '86c85d439d948d01de1861d391609e2a457e7c8b',
  commands: ['hdel', 'hget', 'hset'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
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
local state = KEYS[1]
local expected, wanted, after, till = unpack(ARGV, 1, 4)
if (redis.call('HGET', state, 'baseline') or '') ~= expected then return 0 end
redis.call('HSET', state, 'baseline', wanted)
redis.call('HDEL', state, 'remade')
if after then
  local known = redis.call('HGET', state, 'untold:vanished')
  untold(state, 'vanished', known, { after = after, ['until'] = till })
end
return 1`,
};

/**
 * Takes a consumer's name for a process, and makes group and consumer where they are missing: a new group
 * at `since`, one that has vanished where it stopped, or at the beginning of the stream that has taken the
 * place of its own. In one step, as Python's start destroys every group that has no consumer; MKSTREAM and
 * not Lightbus's no-op entry: Python accepts both, and history stays clean.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, what the holder says of itself as JSON, what a holder that
 *   is dead had said, with its token, or '', since, up to where the process knows everything to be acknowledged, the newest entry that it knows, each or '', service and listener or ''
 * Reply: JSON, {heldBy: token and text of another holder}, or {owner: {service, listener}} where the
 *   group's name is made of other halves, or {created, remade, lastDeliveredId, vanished and skipped
 *   (ranges that are to be told), newest, interrupted: {id, isKnown} (see interrupted.lua), facts: see
 *   look.lua}
 */
export const OPEN_GROUP: Script = {
  name: 'open-group',
  sha: 'f27de67a54186864c19998e9dc87c0143c232e43',
  commands: ['del', 'exists', 'hdel', 'hexists', 'hget', 'hmget', 'hset', 'xack', 'xgroup|create', 'xgroup|createconsumer', 'xinfo|consumers', 'xinfo|groups', 'xinfo|stream', 'xpending', 'xrange', 'xrevrange'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function holdsNot(key, stream, id)
  if newer(id, stream['last-generated-id']) then return true end
  local first, deleted = stream['first-entry'], stream['max-deleted-entry-id']
  if not first or newer(first[1], id) then return stream['entries-added'] == stream['length'] end
  return newer(id, deleted) and #redis.call('XRANGE', key, id, id) == 0
end
local function rollbackOf(key, stream, newest, state)
  if newest == '' or not holdsNot(key, stream, newest) then return nil end
  local known = redis.call('HGET', state, 'rolled_back')
  if known and not newer(newest, known) then return nil end
  redis.call('HSET', state, 'rolled_back', newest)
  local kept = redis.call('XREVRANGE', key, newest, '-', 'COUNT', 1)[1]
  return { after = kept and kept[1] or '0-0', ['until'] = newest }
end
local function interruptedBy(stream, state, group, consumer)
  local known = redis.call('HMGET', state, 'interrupted:' .. consumer, 'waiting:' .. consumer)
  if known[1] then return known[1], true end
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1]
  if not oldest then return nil, true end
  return oldest[1], known[2] == oldest[1]
end
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
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
local stream, state = unpack(KEYS)
local name, consumer, token, text, dead, since, acknowledgedKnown, newestKnown, service, listener = unpack(ARGV, 1, 10)
local known = redis.call(
  'HMGET', state, 'holder:' .. consumer, 'service', 'listener', 'acknowledged', 'redriven', 'newest', 'handled',
  'untold:vanished', 'untold:skipped')
local holder, acknowledged, redriven, newest = tokenOf(known[1]), known[4], known[5], known[6] or ''
if service ~= '' and known[2] and (known[2] ~= service or known[3] ~= listener) then
  return cjson.encode({ owner = { service = known[2], listener = known[3] } })
end
if holder and holder ~= token and known[1] ~= dead then return cjson.encode({ heldBy = known[1] }) end
for _, id in ipairs({ known[7] or '', newestKnown }) do
  if id ~= '' and (newest == '' or newer(id, newest)) then newest = id end
end
local info, group = streamFacts(stream), groupFacts(stream, name)
local created, vanished, skipped, remade, interrupted = not group, nil, nil, false, false
if created then
  local stopped = acknowledged or (acknowledgedKnown ~= '' and acknowledgedKnown) or nil
  local start = stopped or since
  if redriven and newer(start, before(redriven)) then start = before(redriven) end
  remade = stopped ~= nil
  if newest ~= '' and (not info or holdsNot(stream, info, newest)) then
    vanished = { after = stopped or '0-0' }
    start = '0'
    redis.call('DEL', state)
    redis.call('HSET', state, 'rolled_back', newest)
  end
  local reply = redis.pcall('XGROUP', 'CREATE', stream, name, start, 'MKSTREAM')
  if reply.err then return reply end
  info, group = streamFacts(stream), groupFacts(stream, name)
  acknowledged = group['last-delivered-id']
  redis.call('HDEL', state, 'redriven', 'handled')
  redis.call('HSET', state, 'acknowledged', acknowledged)
  if remade then redis.call('HSET', state, 'remade', 1) end
else
  writeFirst(stream, name)
end
local isNew = redis.call('XGROUP', 'CREATECONSUMER', stream, name, consumer) == 1
if not created then
  local delivered = group['last-delivered-id']
  if acknowledged and isNew and newer(delivered, acknowledged) then
    local isOurs = false
    for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, name)) do
      local other = map(flat)['name']
      if other ~= consumer and redis.call('HEXISTS', state, 'consumer:' .. other) == 1 then isOurs = true end
    end
    if not isOurs then
      skipped = { after = acknowledged, ['until'] = delivered }
      redis.call('HDEL', state, 'baseline', 'handled')
      redis.call('HSET', state, 'acknowledged', delivered)
    end
  elseif not acknowledged or newer(acknowledged, delivered) then
    local oldest = redis.call('XPENDING', stream, name, '-', '+', 1)[1]
    local done = oldest and before(oldest[1]) or delivered
    redis.call('HDEL', state, 'baseline', 'handled')
    redis.call('HSET', state, 'acknowledged', done)
  end
  vanished = rollbackOf(stream, info, newest, state)
  if holder ~= token then
    local id, isKnown = interruptedBy(stream, state, name, consumer)
    interrupted = id and { id = id, isKnown = isKnown } or false
  end
end
if holder ~= token then
  redis.call('HDEL', state, 'waiting:' .. consumer, 'interrupted:' .. consumer, 'gone:' .. consumer)
end
local last = info['last-generated-id']
if info['entries-added'] == 0 then last = false end
redis.call('HSET', state, 'holder:' .. consumer, token .. ' ' .. text, 'consumer:' .. consumer, 1)
if service ~= '' then redis.call('HSET', state, 'service', service, 'listener', listener) end
if last then redis.call('HSET', state, 'newest', last) end
return cjson.encode({
  created = created, remade = remade, lastDeliveredId = group['last-delivered-id'], newest = last,
  vanished = untold(state, 'vanished', known[8], vanished),
  skipped = untold(state, 'skipped', known[9], skipped),
  interrupted = interrupted, facts = describeStream(info, { describeGroup(group, state) }),
})`,
};

/**
 * Reads a consumer's own pending entries.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, id to start after, how many
 * Reply: {id, fields or nil, delivery count, recorded attempts, how many ms ago the first of them failed, how
 *   many ms lie between that and the latest one, each or nil} each; nil where the name belongs to another
 *   process
 */
export const READ_PENDING: Script = {
  name: 'read-pending',
  sha: '70376d4986f3ac7ef6532a6916154d84694f0b0e',
  commands: ['hmget', 'hset', 'time', 'xpending', 'xreadgroup'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 then return 0, false, false, 0 end
  local hasFailed = tonumber(string.match(known[3] or '', '^%d+')) == attempts and 1 or 0
  local first, latest = string.match(known[2] or '', '^(%d+) (%d+)$')
  local now = first and serverTime() or 0
  if now == 0 then return attempts, false, false, hasFailed end
  return attempts, math.max(0, now - first), math.max(0, latest - first), hasFailed
end
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return now end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  local text = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or text) .. ' ' .. text)
  return now
end
local stream, state = unpack(KEYS)
local group, consumer, token, after, most = unpack(ARGV, 1, 5)
if not ask(state, consumer, token) then return false end
local reply = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', stream, after)
local page = reply and reply[1][2] or {}
if #page == 0 then return {} end
local counts = {}
local pending = redis.call('XPENDING', stream, group, page[1][1], page[#page][1], #page, consumer)
for _, each in ipairs(pending) do counts[each[1]] = each[4] end
local entries = {}
for i, entry in ipairs(page) do
  entries[i] = { entry[1], entry[2], counts[entry[1]] or 1, attemptsAt(state, entry[1]) }
end
return entries`,
};

/**
 * Records how many attempts to handle an entry have failed, what went wrong, and whether the next one has begun.
 *
 * KEYS: stream, the group's state
 * ARGV: group, consumer, holder's token, entry id, attempts, 1 where the consumer waits for the next one,
 *   and where the latest one has failed just now: what went wrong, as JSON, and in how many ms the next one is
 *   due, '' where that isn't known
 * Reply: 1; nil where the name belongs to another process
 */
export const RECORD_ATTEMPTS: Script = {
  name: 'record-attempts',
  sha: '239dd9e11630418f3b0baf636d8e32e8ac1920b6',
  commands: ['hmget', 'hset', 'time', 'xack'],
  lua: `local function tokenOf(holder)
  return holder and string.match(holder, '^(%S+)')
end
local function ask(state, consumer, token)
  local known = redis.call('HMGET', state, 'holder:' .. consumer, 'acknowledged', 'handled', 'redriven', 'count')
  if tokenOf(known[1]) ~= token then return nil end
  return { acknowledged = known[2], handled = known[3], redriven = known[4], count = tonumber(known[5] or 0) }
end
local function writeFirst(stream, group)
  redis.call('XACK', stream, group, '0-0')
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function attemptsAt(state, id)
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id, 'failure:' .. id)
  local attempts = tonumber(known[1] or 0)
  if attempts == 0 then return 0, false, false, 0 end
  local hasFailed = tonumber(string.match(known[3] or '', '^%d+')) == attempts and 1 or 0
  local first, latest = string.match(known[2] or '', '^(%d+) (%d+)$')
  local now = first and serverTime() or 0
  if now == 0 then return attempts, false, false, hasFailed end
  return attempts, math.max(0, now - first), math.max(0, latest - first), hasFailed
end
local function keepTime(state, id)
  local now = serverTime()
  if now == 0 then return now end
  local known = redis.call('HMGET', state, 'attempts:' .. id, 'failing:' .. id)
  local first = known[1] and known[2] and string.match(known[2], '^%d+')
  local text = string.format('%.0f', now)
  redis.call('HSET', state, 'failing:' .. id, (first or text) .. ' ' .. text)
  return now
end
local stream, state = unpack(KEYS)
local group, consumer, token, id, attempts, waits, failure, nextMs = unpack(ARGV, 1, 8)
if not ask(state, consumer, token) then return false end
writeFirst(stream, group)
local now = keepTime(state, id)
redis.call('HSET', state, 'attempts:' .. id, attempts, 'waiting:' .. consumer, waits == '1' and id or '')
if failure then
  local due = now > 0 and nextMs ~= '' and now + nextMs or 0
  redis.call('HSET', state, 'failure:' .. id, attempts .. ' ' .. string.format('%.0f', due) .. ' ' .. failure)
end
return 1`,
};

/**
 * Puts the originals of dead letters back on the pending list, long idle, so that any consumer claims
 * them next; removes the letters.
 *
 * No payload is read: XCLAIM tells whether the original is there, and XDEL whether the letter is. An
 * original that is pending already is in somebody's hand (the group was made again, or went back), or
 * was driven again before: it stays as it is, and its letter goes.
 *
 * KEYS: stream, the group's state, dead-letter stream, the stream's bell
 * ARGV: group, consumer to hold originals meanwhile, idle ms, and for each letter its id and its original's
 * Reply: how many; a letter that is gone counts as none, and one whose original's data is gone stays
 */
export const REDRIVE: Script = {
  name: 'redrive',
  sha: '765f35351dab2f2d5a191a9c37fec11296b3b589',
  commands: ['get', 'hmget', 'hset', 'set', 'time', 'xack', 'xclaim', 'xdel', 'xpending', 'xrange'],
  lua: `local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end
local function newer(a, b)
  if #a == #b and string.find(a, '-', 1, true) == string.find(b, '-', 1, true) then return a > b end
  local ams, aseq = halves(a)
  local bms, bseq = halves(b)
  if ams ~= bms then return greater(ams, bms) end
  return greater(aseq, bseq)
end
local function less(digits)
  local head, last, zeros = string.match(digits, '^(%d*)([1-9])(0*)$')
  local text = head .. (last - 1) .. string.rep('9', #zeros)
  return (string.gsub(text, '^0+(%d)', '%1'))
end
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
local function ring(bell)
  redis.call('SET', bell, (tonumber(redis.call('GET', bell)) or 0) + 1)
end
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local function areUnclaimed(stream, group, nobody)
  return #redis.call('XPENDING', stream, group, '-', '+', 1, nobody) > 0
end
local function noteUnclaimed(state)
  redis.call('HSET', state, 'unclaimed', string.format('%.0f', serverTime()))
end
local stream, state, letters, bell = unpack(KEYS)
local group, keeper, idle = unpack(ARGV)
local known = redis.call('HMGET', state, 'redriven', 'count')
local count, again, oldest = 0, 0, nil
local hasNoted = areUnclaimed(stream, group, keeper)
for i = 4, #ARGV, 2 do
  local letter, original = ARGV[i], ARGV[i + 1]
  if #redis.call('XPENDING', stream, group, original, original, 1) > 0 then
    local isThere = #redis.call('XRANGE', stream, original, original) > 0
    if isThere then count = count + redis.call('XDEL', letters, letter) end
  elseif #redis.call('XCLAIM', stream, group, keeper, 0, original, 'IDLE', idle, 'RETRYCOUNT', 0, 'FORCE', 'JUSTID') > 0 then
    if redis.call('XDEL', letters, letter) == 1 then
      count, again = count + 1, again + 1
      if not oldest or newer(oldest, original) then oldest = original end
    else
      redis.call('XACK', stream, group, original)
    end
  end
end
if oldest then
  if not hasNoted then noteUnclaimed(state) end
  if not known[1] or newer(known[1], oldest) then redis.call('HSET', state, 'redriven', oldest) end
  redis.call('HSET', state, 'count', tonumber(known[2] or 0) - again)
  ring(bell)
end
return count`,
};

/**
 * Removes a consumer group that nobody uses, with what is known of it and, where that is asked for, its dead letters; or
 * those of its consumers that hold nothing and that nobody uses. The stream's entries stay.
 *
 * KEYS: stream, the group's state, dead-letter stream
 * ARGV: group, 'look', 'group', 'group and letters' or 'consumers', ms for which a consumer of others is idle that counts
 *   as used, how many of the following are consumers that are nobody, these, and what holders say that have ended
 * Reply: JSON, {exists: whether there was a group, or anything known of one, letters: how many there were, users:
 *   {{consumer, what its holder says or false, idle ms}, ...}, unused: {consumer, ...}}, the last two false for none.
 *   Where there are users, the group is still there
 */
export const RETIRE: Script = {
  name: 'retire',
  sha: '7fc10c1bfe05ca5618d69af399990a24032f6415',
  commands: ['exists', 'hdel', 'hget', 'hkeys', 'hmget', 'unlink', 'xgroup|delconsumer', 'xgroup|destroy', 'xinfo|consumers', 'xinfo|groups', 'xinfo|stream', 'xlen'],
  lua: `local function map(flat)
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
    if flat[2] == name then return map(flat) end
  end
end
local function describeGroup(group, state)
  local known = redis.call('HMGET', state, 'count', 'baseline', 'remade')
  return {
    name = group['name'], lastDeliveredId = group['last-delivered-id'], pending = group['pending'],
    count = tonumber(known[1] or 0), baseline = known[2], remade = known[3] ~= false,
  }
end
local function describeStream(stream, groups)
  local first = stream['first-entry']
  return {
    added = stream['entries-added'], length = stream['length'], first = first and first[1] or nil,
    last = stream['last-generated-id'], deleted = stream['max-deleted-entry-id'],
    groups = #groups > 0 and groups or false,
  }
end
local function heldNames(state, ended, seen)
  local held = {}
  for _, field in ipairs(redis.call('HKEYS', state)) do
    local name = string.match(field, '^holder:(.*)$')
    local text = name and not seen[name] and redis.call('HGET', state, field)
    if text and not ended[text] then held[#held + 1] = { name, text, 0 } end
  end
  return held
end
local function usersOf(stream, state, group, nobody, idle, ended)
  local users, unused, seen = {}, {}, {}
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local one = map(flat)
    local name = one['name']
    seen[name] = true
    local known = redis.call('HMGET', state, 'holder:' .. name, 'consumer:' .. name)
    local isUsed = known[1] and not ended[known[1]] or not known[1] and not known[2] and one['idle'] <= tonumber(idle)
    if nobody[name] then isUsed = false end
    if isUsed then
      users[#users + 1] = { name, known[1], one['idle'] }
    elseif one['pending'] == 0 and not nobody[name] then
      unused[#unused + 1] = name
    end
  end
  for _, held in ipairs(heldNames(state, ended, seen)) do users[#users + 1] = held end
  return users, unused
end
local function forgetConsumer(stream, state, group, consumer)
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  for _, field in ipairs({ 'holder:', 'consumer:', 'waiting:', 'interrupted:', 'gone:', 'oldest:' }) do
    redis.call('HDEL', state, field .. consumer)
  end
end
local stream, state, letters = unpack(KEYS)
local group, what, idle, most = unpack(ARGV, 1, 4)
local nobody, ended = {}, {}
for i = 5, #ARGV do
  if i < 5 + tonumber(most) then nobody[ARGV[i]] = true else ended[ARGV[i]] = true end
end
local found = groupFacts(stream, group)
local count, isKnown = redis.call('XLEN', letters), redis.call('EXISTS', state) == 1
local users, unused = {}, {}
if found then
  users, unused = usersOf(stream, state, group, nobody, idle, ended)
else
  users = heldNames(state, ended, {})
end
if what == 'consumers' then
  for _, name in ipairs(unused) do forgetConsumer(stream, state, group, name) end
elseif what ~= 'look' and #users == 0 then
  if found then redis.call('XGROUP', 'DESTROY', stream, group) end
  redis.call('UNLINK', state)
  if what == 'group and letters' then redis.call('UNLINK', letters) end
end
return cjson.encode({
  exists = found ~= nil or isKnown, letters = count, users = #users > 0 and users, unused = #unused > 0 and unused,
})`,
};

/**
 * Tells the index of a stream which events are keyed by what, and has it take in the next entries.
 *
 * KEYS: stream, its index, what was told of it
 * ARGV: digest of the events' keys, the keys as JSON or '', how many entries may be taken in (0: it is only
 *   told), of how many bytes
 * Reply: {'current', keys of the events as JSON}, {'behind', ...} (see entity-index.lua), or {'untold'} where
 *   the keys were not given and are not known
 */
export const TAKE_IN: Script = {
  name: 'take-in',
  sha: 'c1ab8911204d2f009ab4517cf6a009ea38911232',
  commands: ['hexists', 'hmget', 'hset', 'unlink', 'xlen', 'xrange'],
  lua: `local function keyText(json)
  local first, last = string.find(json, '[^ \\t\\n\\r]'), string.match(json, '^.*[^ \\t\\n\\r]()')
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
  if not inside or string.find(inside, '[%z\\1-\\31]') then return nil end
  if not string.find(inside, '["\\\\]') then return inside end
  local plain = string.gsub(inside, '\\\\.', '')
  if string.find(plain, '["\\\\]') then return nil end
  local isJson, key = pcall(cjson.decode, '["' .. inside .. '"]')
  return isJson and key[1] or nil
end
local CHUNK = 64
local function entityName(parameter, key)
  return #parameter .. ':' .. parameter .. ':' .. key
end
local function chunkField(name, i)
  return 'c:' .. i .. ':' .. name
end
local function parseEntity(text)
  if not text then return 0, '' end
  local size, ids = string.match(text, '^(%d+)(.*)$')
  return tonumber(size), ids
end
local function openIndex(stream, key, toldKey)
  local known, told = redis.call('HMGET', key, 'position', 'count'), redis.call('HMGET', toldKey, 'keys', 'told')
  local apiName, eventName = string.match(stream, '^(.+)%.([^.]+):stream$')
  return {
    stream = stream, key = key, position = known[1], count = tonumber(known[2] or 0),
    toldKey = toldKey, keys = cjson.decode(told[1] or '{}'), told = told[2] or '',
    apiName = apiName, eventName = eventName == '*' and '' or eventName or '',
  }
end
local function beginAnew(index)
  redis.call('UNLINK', index.key)
  index.position, index.count, index.isAnew = false, 0, true
end
local function tell(index, digest, text)
  if digest == '' or string.find(index.told, digest, 1, true) then return true end
  if text == '' then return false end
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
  local isAlone = isOther or #index.told > 500
  index.told = isAlone and digest or index.told .. ' ' .. digest
  if isLate then beginAnew(index) end
  redis.call('HSET', index.toldKey, 'keys', cjson.encode(index.keys), 'told', index.told)
  return true
end
local function valuesOf(index, fields)
  local values = {}
  for first = 1, #fields, 1000 do
    local some = redis.call('HMGET', index.key, unpack(fields, first, math.min(first + 999, #fields)))
    for i, value in ipairs(some) do values[first + i - 1] = value end
  end
  return values
end
local function newBatch()
  return { names = {}, ids = {}, seen = {}, length = 0 }
end
local function collect(index, batch, id, fields)
  local api, event = '', ''
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    batch.length = batch.length + #name + #value
    if name == 'event_name' then event = value elseif name == 'api_name' then api = value end
  end
  index.position, index.count = id, index.count + 1
  if not index.apiName or (api ~= '' and api ~= index.apiName) then return end
  if event == '' then event = index.eventName end
  batch.seen[event] = true
  for _, parameter in ipairs(index.keys[event] or {}) do
    local json
    for i = #fields - 1, 1, -2 do
      if fields[i] == ':' .. parameter then
        json = fields[i + 1]
        break
      end
    end
    local key = json and keyText(json)
    if key then
      local name = entityName(parameter, key)
      local ids = batch.ids[name]
      if not ids then
        ids = {}
        batch.ids[name] = ids
        batch.names[#batch.names + 1] = name
      end
      ids[#ids + 1] = id
    end
  end
end
local function write(index, batch)
  local writes = { 'position', index.position, 'count', index.count }
  local function set(field, value)
    writes[#writes + 1], writes[#writes + 2] = field, value
  end
  for event in pairs(batch.seen) do set('s:' .. event, 1) end
  local fields = {}
  for i, name in ipairs(batch.names) do fields[i] = 'n:' .. name end
  local known = valuesOf(index, fields)
  for i, name in ipairs(batch.names) do
    local size, ids = parseEntity(known[i])
    for _, id in ipairs(batch.ids[name]) do
      size, ids = size + 1, ids .. ' ' .. id
      if size % CHUNK == 0 then
        set(chunkField(name, size / CHUNK - 1), ids)
        ids = ''
      end
    end
    set(fields[i], size .. ids)
  end
  for first = 1, #writes, 1000 do
    redis.call('HSET', index.key, unpack(writes, first, math.min(first + 999, #writes)))
  end
end
local function takeIn(index, most, length)
  local batch, taken, step = newBatch(), 0, 5
  repeat
    local last = index.position
    local page = redis.call('XRANGE', index.stream, last or '-', '+', 'COUNT', step + (last and 1 or 0))
    if last and (not page[1] or page[1][1] ~= last) then
      beginAnew(index)
      return false
    end
    local first = last and 2 or 1
    for i = first, #page do collect(index, batch, page[i][1], page[i][2]) end
    local got = #page - first + 1
    taken = taken + got
    if got < step then
      if redis.call('XLEN', index.stream) ~= index.count then
        beginAnew(index)
        return false
      end
      if taken > 0 then write(index, batch) end
      return true
    end
    step = math.min(step * 10, most - taken, math.floor((length - batch.length) * taken / (batch.length + 1)))
  until step < 1
  write(index, batch)
  return false
end
local function behind(index)
  return { 'behind', index.isAnew and 1 or 0, index.count, redis.call('XLEN', index.stream) }
end
local index = openIndex(KEYS[1], KEYS[2], KEYS[3])
local digest, keys, most, length = unpack(ARGV)
if not tell(index, digest, keys) then return { 'untold' } end
if most ~= '0' and not takeIn(index, tonumber(most), tonumber(length)) then
  return behind(index)
end
return { 'current', cjson.encode(index.keys) }`,
};

/**
 * What has vanished has been told, unless more has been found out meanwhile. It stays known what and when.
 *
 * KEYS: the group's state
 * ARGV: kind, and the range as it is stored
 * Reply: 1, or 0 where something else is stored
 */
export const TOLD: Script = {
  name: 'told',
  sha: '2cfb93c286bd01768da93241c13817310f623d3e',
  commands: ['hdel', 'hget', 'hincrby', 'hset', 'time'],
  lua: `local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
local state = KEYS[1]
local kind, range = unpack(ARGV)
if redis.call('HGET', state, 'untold:' .. kind) ~= range then return 0 end
redis.call('HDEL', state, 'untold:' .. kind)
redis.call('HSET', state, 'lost', string.format('%.0f', serverTime()) .. ' ' .. range)
redis.call('HINCRBY', state, 'losses', 1)
return 1`,
};

/** All of them. */
export const SCRIPTS: readonly Script[] = [
  ACKNOWLEDGE,
  APPEND_EXPECTED,
  APPEND_ONCE,
  BEAT,
  CLAIM,
  CLEAN_UP,
  COUNT_ATTEMPT,
  DEAD_LETTER,
  ENTITY_PLACES,
  HAND_BACK,
  HEADS,
  INTERRUPTED,
  KEEP_ALIVE,
  LAST_DELIVERED,
  LAST_NEWS,
  LOOK,
  MOVE_BASELINE,
  OPEN_GROUP,
  READ_PENDING,
  RECORD_ATTEMPTS,
  REDRIVE,
  RETIRE,
  TAKE_IN,
  TOLD,
];
