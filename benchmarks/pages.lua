-- For wrk: asks the addresses of a file in turn, and says what fedlab's benchmark reads.
local paths, headers, at = {}, {}, 0

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  headers["Accept"] = "text/html"
  headers["Accept-Encoding"] = "gzip"
  headers["Accept-Language"] = "fr"
  if args[2] and args[2] ~= "" then headers["Cookie"] = args[2] end
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], headers)
end

function done(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, wrong, summary.duration,
    latency:percentile(50), latency:percentile(95)))
end
