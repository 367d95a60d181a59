-- Paths in turn, as a client of Datadog's API. Arguments: both keys, and a file with a path a line.
local requests, count = {}, 0

function init(args)
  wrk.headers["DD-API-KEY"] = args[1]
  wrk.headers["DD-APPLICATION-KEY"] = args[2]
  for path in io.lines(args[3]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  count = count % #requests + 1
  return requests[count]
end
