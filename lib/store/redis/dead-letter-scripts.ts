/**
 * Lua scripts about dead letters. They are sent as text each time (EVAL), as those in `scripts.ts`.
 * KEYS[1] is the stream, KEYS[2] the group's position, KEYS[3] its dead-letter stream.
 */
import { DEAD_LETTER_FIELD, PACKED_DEAD_LETTER_FIELD } from '../dead-letter.js';
import { POSITION } from './position-scripts.js';

/**
 * ARGV: group, consumer, id, report as JSON. Copies the entry to the dead-letter stream and
 * acknowledges it; returns 1, or 0 where the entry is not the consumer's any more.
 *
 * Lua can't pass more than about 8,000 values to one call, so the fields of larger entries are
 * packed into one value, as JSON.
 */
export const DEAD_LETTER = `${POSITION}
redis.call('HGET', KEYS[2], 'acknowledged') -- refused where this is no position, before a letter is written
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1]
if not pending then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry and pending[2] ~= ARGV[2] then return 0 end
local letter = { '${DEAD_LETTER_FIELD}', ARGV[4] }
if entry and #entry[2] > 7000 then
  letter[1], letter[3], letter[4] = '${PACKED_DEAD_LETTER_FIELD}', '', cjson.encode(entry[2])
elseif entry then
  for i = 1, #entry[2] do letter[i + 2] = entry[2][i] end
end
redis.call('XADD', KEYS[3], '*', unpack(letter))
settle(KEYS[1], KEYS[2], ARGV[1], ARGV[3])
return 1`;

/**
 * ARGV: group, letter's id, original's id, idle ms, consumer to hold it meanwhile. Puts the original
 * back on the pending list, long idle, so that any consumer claims it next; removes the letter.
 * Returns 1, or 0 where the letter or the original's data is gone.
 */
export const REDRIVE = `${POSITION}
if #redis.call('XRANGE', KEYS[3], ARGV[2], ARGV[2]) == 0 then return 0 end
if #redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3]) == 0 then return 0 end
local holder = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1]
if holder and holder[2] ~= ARGV[5] then
  -- Somebody has it in hand (the group was made again, or went back): it is being handled already.
  redis.call('XDEL', KEYS[3], ARGV[2])
  return 1
end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[5], 0, ARGV[3], 'IDLE', ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
local oldest = redis.call('HGET', KEYS[2], 'redriven')
if not oldest or newer(oldest, ARGV[3]) then redis.call('HSET', KEYS[2], 'redriven', ARGV[3]) end
redis.call('XDEL', KEYS[3], ARGV[2])
return 1`;
