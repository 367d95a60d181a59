-- Acknowledge alerts in turn. Argument: a file with a path and an Authorization header a line, a tab between them.
local requests, count = {}, 0
local body = '{"acknowledgedUntil": "2099-01-01T00:00:00Z", "acknowledgementComment": "mine"}'

function init(args)
  for line in io.lines(args[1]) do
    local path, authorization = line:match("^(.-)\t(.*)$")
    local headers = { ["Authorization"] = authorization, ["Content-Type"] = "application/json" }
    requests[#requests + 1] = wrk.format("PATCH", path, headers, body)
  end
end

function request()
  count = count % #requests + 1
  return requests[count]
end
