-- `requireRight(...)`: ends the script by Redis's refusal of a command that the user has no right to. For what is
-- needed after something was stored: then a refusal comes before it, and says truthfully that nothing is.
--
-- @commands set
local function requireRight(...)
  if redis.acl_check_cmd and not redis.acl_check_cmd(...) then redis.call(...) end
end
