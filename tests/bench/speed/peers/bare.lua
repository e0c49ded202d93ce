-- Asks everything and believes everything: no rule for JIDs, no flags, no lease, no escaping.

local ask = require "ask"

local jid = ngx.var.uri:sub(#"/xmpp/status/" + 1)
local at = jid:find("@", 1, true)
local _, _, record = ask(jid, jid:sub(at + 1), jid:sub(1, at - 1))
local body = '<presence xmlns="jabber:client" from="' .. jid .. '">\n  <show>'
ngx.header["Content-Type"] = "application/xml; charset=utf-8"
if record[1] == ngx.null then
  ngx.status = 404
else
  body = body .. tostring(record[2]) .. '</show>\n  <query xmlns="jabber:iq:last" seconds="'
    .. ngx.time() - (tonumber(record[3]) or 0) .. '"/>\n</presence>\n'
end
ngx.header["Content-Length"] = #body
ngx.print(body)
