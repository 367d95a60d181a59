-- One event a request. Arguments: token, "new" or how many keys to repeat, and a seed that makes keys unique.
local token, mode, seed, count = nil, nil, "", 0

function init(args)
  token, mode, seed = args[1], args[2], args[3] or ""
  wrk.headers["Authorization"] = "Bearer " .. token
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local key = mode == "new" and (seed .. count) or ("repeat-" .. (count * 7919 % tonumber(mode)))
  local body = string.format(
    '{"dedup_key":"%s","severity":"error","title":"Disk almost full on db-%s","message":"The disk /var of ' ..
    'db-%s is 93 %% full and fills by 2 %% an hour","source":"prometheus","labels":{"alertname":"DiskFull",' ..
    '"cluster":"c%d","host":"db-%s","team":"storage","env":"prod","mount":"/var"}}',
    key, key, key, count % 8, key)
  return wrk.format("POST", "/api/tocsin/v1/events", nil, body)
end
