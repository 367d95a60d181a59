-- The same alerts in three senders' forms. Arguments: form (tocsin, alertmanager, alerta), path, token, "new" or how
-- many keys to repeat, how many alerts a request, and a seed that makes keys unique.
local form, path, mode, each, seed, count = "", "", "new", 1, "", 0

function init(args)
  form, path, mode, each, seed = args[1], args[2], args[4], tonumber(args[5]), args[6] or ""
  wrk.headers["Content-Type"] = "application/json"
  if form == "tocsin" then wrk.headers["Authorization"] = "Bearer " .. args[3] end
  if form == "alerta" then wrk.headers["Authorization"] = "Key " .. args[3] end
end

local SHAPES = {
  tocsin = '{"dedup_key":"%s","severity":"error","title":"Disk almost full on db-%s","message":"The disk /var of ' ..
    'db-%s is 93 %% full","source":"prometheus","labels":{"alertname":"DiskFull","cluster":"c%d","host":"db-%s",' ..
    '"team":"storage","env":"prod","mount":"/var"}}',
  alertmanager = '{"labels":{"alertname":"DiskFull","instance":"%s","title":"%s","host":"db-%s","cluster":"c%d",' ..
    '"key":"%s","team":"storage","severity":"error","env":"prod","mount":"/var"},' ..
    '"annotations":{"summary":"Disk almost full","description":"The disk /var is 93 %% full"}}',
  alerta = '{"resource":"%s","event":"DiskFull %s","environment":"Production","severity":"major","service":["db-%s"],' ..
    '"group":"c%d","value":"%s","text":"The disk /var is 93 %% full","attributes":{"team":"storage","mount":"/var"}}',
}

local parts = {}

function request()
  for number = 1, each do
    count = count + 1
    local key = mode == "new" and (seed .. count) or ("repeat-" .. (count * 7919 % tonumber(mode)))
    parts[number] = string.format(SHAPES[form], key, key, key, count % 8, key)
  end
  local body = table.concat(parts, ",", 1, each)
  if form == "alertmanager" then
    body = "[" .. body .. "]"
  elseif form == "tocsin" and each > 1 then
    body = '{"events":[' .. body .. "]}"
  end
  return wrk.format("POST", path, nil, body)
end
