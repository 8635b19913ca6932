-- `serverTime()`: Redis's time, ms; 0 where TIME is forbidden.
local function serverTime()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000 + math.floor(time[2] / 1000)
end
