// Made by lua/build.mjs from lua/*.lua: change those, and run `npm run build:lua`.
import type { Script } from '../../redis/script.js';

/**
 * Looks whether the schema of an API is what it was, and keeps it.
 *
 * KEYS: schema:<api>, the sign of life of who publishes
 * ARGV: sha1 of the schema, ttl (s), or 0 to look only
 * Reply: 1, or 0 where it has changed or is gone
 */
export const KEEP_SCHEMA: Script = {
  name: 'keep-schema',
  sha: '7f164305c2597bbc663ed6c4d831bfbda5fcc82d',
  commands: ['get', 'pexpire', 'set'],
  lua: `local schema, sign = unpack(KEYS)
local expected, ttl = unpack(ARGV)
local stored = redis.call('GET', schema)
if not stored or redis.sha1hex(stored) ~= expected then return 0 end
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
 * ARGV: sha1 of the schema that was read ('' for none), the schema, ttl (s), how long the history may get, and for each
 *   event that is described anew: its name, sha1 of its record as it was read ('' for none), its record, 1 where that
 *   is news
 * Reply: 1, or 0 where something has changed
 */
export const PUBLISH_SCHEMA: Script = {
  name: 'publish-schema',
  sha: '10f5e19db31fdcd515a2b55da60dd06bd8392928',
  commands: ['get', 'hget', 'hset', 'set', 'xadd'],
  lua: `local schema, records, history, sign = unpack(KEYS)
local found, text, ttl, longest = unpack(ARGV, 1, 4)
local function isOther(stored, expected)
  return (stored and redis.sha1hex(stored) or '') ~= expected
end
if isOther(redis.call('GET', schema), found) then return 0 end
for i = 5, #ARGV, 4 do
  if isOther(redis.call('HGET', records, ARGV[i]), ARGV[i + 1]) then return 0 end
end
for i = 5, #ARGV, 4 do
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

/** All of them. */
export const SCRIPTS: readonly Script[] = [
  KEEP_SCHEMA,
  PUBLISH_SCHEMA,
];
