-- wrk's part: asks for the targets in a file, one a line, in turn, and prints what came of it as
-- JSON. Arguments: the file, the line to begin after, and the value of If-None-Match, if any.

local targets = {}
local position

function init(args)
  for line in io.lines(args[1]) do
    targets[#targets + 1] = line
  end
  position = tonumber(args[2]) % #targets
  if args[3] then
    wrk.headers["If-None-Match"] = args[3]
  end
  if #targets == 1 then
    wrk.path = targets[1] -- wrk then makes the request once
    return
  end
  for i, target in ipairs(targets) do
    targets[i] = wrk.format(nil, target)
  end
  request = function()
    position = position % #targets + 1
    return targets[position]
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "bad_statuses": %d, '
      .. '"failures": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
