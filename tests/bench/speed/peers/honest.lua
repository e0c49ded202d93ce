-- Answers as the contract says, in XML, for JIDs in ASCII: the same rules, the same bytes.

local ask = require "ask"

local SHOWS = { away = true, chat = true, dnd = true, xa = true }
local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local OPTIONS = { status = true, nolast = true }
local HEADERS = {
  ["Content-Type"] = "application/xml; charset=utf-8",
  ["X-Content-Type-Options"] = "nosniff",
  ["Access-Control-Allow-Origin"] = "*",
  ["Access-Control-Expose-Headers"] = "ETag",
  ["Vary"] = "Accept",
}

local function escape(text)
  return (text:gsub('[&<>"]', ESCAPES))
end

-- Returns the local part and the domain, nil if it is not a JID.
local function parse_jid(text)
  local bare = text:match("^[^/]*"):lower()
  local localpart, domain = bare:match('^([^%c "&\'/:<>@\128-\255]+)@(%w[%w.-]*)$')
  return localpart, domain
end

-- Returns nil if absent, false if it is not a yes, else the options.
local function parse_flag(value)
  if value == ngx.null then
    return nil
  end
  local rest = value:match("^yes(.*)$")
  if not rest then
    return false
  end
  local options = {}
  for word in rest:gmatch(" ([^ ]*)") do
    if not OPTIONS[word] or options[word] then
      return false
    end
    options[word] = true
  end
  return options
end

local function is_lease_valid(value)
  local until_s = value ~= ngx.null and tonumber(value:match("^(%d+) .+$"))
  local now_s = ngx.time()
  return until_s and until_s > now_s and until_s <= now_s + 60
end

local function is_sound(record)
  local kind, show, last = record[1], record[2], record[3]
  return (kind == "available" or kind == "unavailable") and (show == ngx.null or SHOWS[show])
    and (last == ngx.null or last:match("^%d+$"))
end

local function write_presence(jid, record, options, is_last_withheld)
  local parts = { '<presence xmlns="jabber:client" from="', escape(jid), '"' }
  local empty = #parts
  if record[1] == "unavailable" then
    parts[#parts + 1] = ' type="unavailable"'
    empty = #parts
  end
  parts[#parts + 1] = ">\n"
  if record[2] ~= ngx.null and record[1] == "available" then
    parts[#parts + 1] = "  <show>" .. record[2] .. "</show>\n"
  end
  if options.status and record[4] ~= ngx.null then
    local lang = record[5] ~= ngx.null and ' xml:lang="' .. escape(record[5]) .. '"' or ""
    parts[#parts + 1] = "  <status" .. lang .. ">" .. escape(record[4]) .. "</status>\n"
  end
  if record[3] ~= ngx.null and not is_last_withheld then
    local seconds = math.max(0, ngx.time() - tonumber(record[3]))
    parts[#parts + 1] = '  <query xmlns="jabber:iq:last" seconds="' .. seconds .. '"/>\n'
  end
  if #parts == empty + 1 then
    parts[#parts] = "/>\n"
  else
    parts[#parts + 1] = "</presence>\n"
  end
  return table.concat(parts)
end

local function send(status, body, cache)
  for name, value in pairs(HEADERS) do
    ngx.header[name] = value
  end
  ngx.header["Cache-Control"] = cache
  ngx.status = status
  ngx.header["Content-Length"] = #body
  ngx.print(body)
end

local function send_error(status, jid, kind, condition, cache)
  local from = jid and ' from="' .. escape(jid) .. '"' or ""
  send(status, '<presence xmlns="jabber:client"' .. from .. ' type="error">\n  <error type="'
    .. kind .. '">\n    <' .. condition .. ' xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>\n'
    .. "  </error>\n</presence>\n", cache)
end

local function send_presence(body)
  local etag = '"' .. ngx.md5(body) .. '"'
  ngx.header["ETag"] = etag
  if ngx.var.http_if_none_match == etag then
    ngx.header["Cache-Control"] = "public, max-age=1"
    ngx.status = 304
    return
  end
  send(200, body, "public, max-age=1")
end

local function answer(jid, domain, localpart)
  local flags, lease, record = ask(jid, domain, localpart)
  if not flags then
    return send_error(503, jid, "wait", "remote-server-timeout", "no-store")
  end
  local of_domain, of_user = parse_flag(flags[1]), parse_flag(flags[2])
  if of_domain and not is_lease_valid(lease) then
    return send_error(503, jid, "wait", "remote-server-timeout", "no-store")
  end
  if not of_domain or of_user == false or not is_sound(record) then
    return send_error(404, jid, "cancel", "item-not-found", "public, max-age=1")
  end
  local options = of_user or of_domain
  send_presence(write_presence(jid, record, options, options.nolast or of_domain.nolast))
end

local localpart, domain = parse_jid(ngx.var.uri:sub(#"/xmpp/status/" + 1))
if localpart then
  answer(localpart .. "@" .. domain, domain, localpart)
else
  send_error(400, nil, "modify", "jid-malformed", "no-store")
end
