-- `forgetConsumer(stream, state, group, consumer)`: removes a consumer that holds nothing, with what the group's state
-- says of it.
local function forgetConsumer(stream, state, group, consumer)
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  for _, field in ipairs({ 'holder:', 'consumer:', 'waiting:', 'interrupted:', 'gone:', 'oldest:' }) do
    redis.call('HDEL', state, field .. consumer)
  end
end
