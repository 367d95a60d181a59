-- A hundred events a request. Arguments: token and a seed that makes keys unique.
local seed, count = "", 0

function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
  seed = args[2] or ""
end

local parts = {}

function request()
  count = count + 1
  for number = 1, 100 do
    parts[number] = string.format(
      '{"dedup_key":"%s%d-%d","severity":"error","title":"Disk almost full on db-%d","message":"The disk ' ..
      '/var is 93 %% full and fills by 2 %% an hour","source":"prometheus","labels":{"alertname":"DiskFull",' ..
      '"cluster":"c%d","host":"db-%d","team":"storage","env":"prod","mount":"/var"}}',
      seed, count, number, number, number % 8, number)
  end
  return wrk.format("POST", "/api/tocsin/v1/events", nil, '{"events":[' .. table.concat(parts, ",") .. "]}")
end
