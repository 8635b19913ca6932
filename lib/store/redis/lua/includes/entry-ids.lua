-- Entry ids, compared as text: Lua's numbers are doubles, and both halves of an id have 64 bits.

local function halves(id)
  return string.match(id, '^0*(%d+)-?0*(%d*)$')
end
local function greater(a, b)
  return #a > #b or (#a == #b and a > b)
end

-- Whether id a follows id b. Milliseconds alone mean sequence 0.
local function newer(a, b)
  -- Nearly always both have as many digits in front of the dash, and behind it.
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

-- The highest id below a complete one that Redis wrote. A group that starts there is given it first.
local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. less(seq) end
  if ms ~= '0' then return less(ms) .. '-18446744073709551615' end
  return id
end
