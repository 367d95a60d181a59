-- One alert a request to the link of an integration. Arguments: its path, "new" or how many keys, and a seed.
local path, mode, seed, count = nil, nil, "", 0

function init(args)
  path, mode, seed = args[1], args[2], args[3] or ""
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local key = mode == "new" and (seed .. count) or ("repeat-" .. (count * 7919 % tonumber(mode)))
  local body = string.format(
    '{"alert_uid":"%s","state":"alerting","title":"Disk almost full on db-%s","message":"The disk /var of ' ..
    'db-%s is 93 %% full and fills by 2 %% an hour","source":"prometheus","labels":{"alertname":"DiskFull",' ..
    '"cluster":"c%d","host":"db-%s","team":"storage","env":"prod","mount":"/var"}}',
    key, key, key, count % 8, key)
  return wrk.format("POST", path, nil, body)
end
