-- The three commands of the contract, pipelined, on a connection from a pool. Returns the values of
-- the flags, the lease and the record, or nil and why.

local redis = require "nginx.redis"

local POOL = 64
local IDLE_MS = 60000

return function(jid, domain, localpart)
  local connection = redis:new()
  connection:set_timeout(250)
  local ok, problem = connection:connect(REDIS.address)
  if not ok then
    return nil, problem
  end
  if connection:get_reused_times() == 0 then
    ok, problem = connection:auth(REDIS.user, REDIS.password)
    if not ok then
      return nil, problem
    end
  end
  connection:init_pipeline(3)
  connection:hmget("xmpp:publish:{" .. domain .. "}", domain, jid)
  connection:get("xmpp:bot:{" .. domain .. "}")
  connection:hmget("xmpp:presence:{" .. domain .. "}:" .. localpart,
    "type", "show", "last", "status", "lang")
  local replies
  replies, problem = connection:commit_pipeline()
  if not replies then
    return nil, problem
  end
  connection:set_keepalive(IDLE_MS, POOL)
  return replies[1], replies[2], replies[3]
end
