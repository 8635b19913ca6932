// Made by lua/build.mjs from lua/*.lua: change those, and run `npm run build:lua`.
import type { Script } from '../../redis/script.js';

/**
 * Looks whether the schema of an API is what it was, and keeps it.
 *
 * KEYS: schema:<api>, the sign of life of who publishes
 * ARGV: sha1 of the schema, how long it may be (bytes), ttl (s), or 0 to look only
 * Reply: 1, or 0 where it has changed or is gone
 */
export const KEEP_SCHEMA: Script = {
  name: 'keep-schema',
  sha: 'b16754b9168ddece8404c3ab75f3e7551fb77e3a',
  commands: ['get', 'pexpire', 'set', 'strlen', 'type'],
  lua: `local function storedText(key, longest)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return false, '' end
  if kind ~= 'string' then return false, kind end
  local length = redis.call('STRLEN', key)
  if length > tonumber(longest) then return false, 'text of ' .. length end
  local text = redis.call('GET', key)
  return text, redis.sha1hex(text)
end
local schema, sign = unpack(KEYS)
local expected, longest, ttl = unpack(ARGV)
local _, found = storedText(schema, longest)
if found ~= expected then return 0 end
if ttl ~= '0' then
  redis.call('PEXPIRE', schema, ttl .. '000')
  redis.call('SET', sign, '1', 'EX', ttl)
end
return 1`,
};

/**
 * Publishes the schema of an API, if nothing has changed since it was read: neither the schema nor who described the
 * events that are described anew.
 *
 * KEYS: schema:<api>, what was published last of each event, history of that, the sign of life of who publishes
 * ARGV: the sign of the schema that was read ('' for none), how long that may be (bytes), the schema, ttl (s), how long
 *   the history may get, and for each event that is described anew: its name, sha1 of its record as it was read ('' for
 *   none), its record, 1 where that is news
 * Reply: 1, or 0 where something has changed
 */
export const PUBLISH_SCHEMA: Script = {
  name: 'publish-schema',
  sha: '50d32176b8b2d8e496b8d601251714ddf01b9145',
  commands: ['del', 'get', 'hget', 'hset', 'set', 'strlen', 'type', 'xadd'],
  lua: `local function storedText(key, longest)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return false, '' end
  if kind ~= 'string' then return false, kind end
  local length = redis.call('STRLEN', key)
  if length > tonumber(longest) then return false, 'text of ' .. length end
  local text = redis.call('GET', key)
  return text, redis.sha1hex(text)
end
local function isOtherKind(key, expected)
  local kind = redis.call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected
end
local schema, records, history, sign = unpack(KEYS)
local expected, longestText, text, ttl, longest = unpack(ARGV, 1, 5)
local _, found = storedText(schema, longestText)
if found ~= expected then return 0 end
local areOther = isOtherKind(records, 'hash')
for i = 6, #ARGV, 4 do
  local record = not areOther and redis.call('HGET', records, ARGV[i])
  if (record and redis.sha1hex(record) or '') ~= ARGV[i + 1] then return 0 end
end
if areOther then redis.call('DEL', records) end
if isOtherKind(history, 'stream') then redis.call('DEL', history) end
for i = 6, #ARGV, 4 do
  local event, record = ARGV[i], ARGV[i + 2]
  redis.call('HSET', records, event, record)
  if ARGV[i + 3] == '1' then
    redis.call('XADD', history, 'MAXLEN', '~', longest, '*', 'event', event, 'record', record)
  end
end
redis.call('SET', sign, '1', 'EX', ttl)
redis.call('SET', schema, text, 'EX', ttl)
return 1`,
};

/**
 * Reads what there is of an API.
 *
 * KEYS: schema:<api>, what was published last of each event, history of that
 * ARGV: how long the schema may be (bytes), and names of events
 * Reply: the sign of the schema ('' for none), its text, or nothing where it is of another type or too long; 1 where the
 *   second key, and 1 where the third one is of another type, else 0; and for each event its record, and sha1 of that ('' for
 *   none)
 */
export const READ_SCHEMA: Script = {
  name: 'read-schema',
  sha: '748dcb9c32ce328b4a1164043f48983e76fc086d',
  commands: ['get', 'hget', 'strlen', 'type'],
  lua: `local function storedText(key, longest)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return false, '' end
  if kind ~= 'string' then return false, kind end
  local length = redis.call('STRLEN', key)
  if length > tonumber(longest) then return false, 'text of ' .. length end
  local text = redis.call('GET', key)
  return text, redis.sha1hex(text)
end
local function isOtherKind(key, expected)
  local kind = redis.call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected
end
local schema, records, history = unpack(KEYS)
local text, sign = storedText(schema, ARGV[1])
local areOther = isOtherKind(records, 'hash')
local reply = { sign, text, areOther and 1 or 0, isOtherKind(history, 'stream') and 1 or 0 }
for i = 2, #ARGV do
  local record = not areOther and redis.call('HGET', records, ARGV[i])
  reply[#reply + 1] = record
  reply[#reply + 1] = record and redis.sha1hex(record) or ''
end
return reply`,
};

/** All of them. */
export const SCRIPTS: readonly Script[] = [
  KEEP_SCHEMA,
  PUBLISH_SCHEMA,
  READ_SCHEMA,
];
