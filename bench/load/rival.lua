-- The same alerts in four senders' forms. Arguments: form (tocsin, alertmanager, alerta, or prometheus for batches to
-- Alerta), path, token, "new" or how many keys to repeat, how many alerts a request, and a seed that makes keys unique.
local form, path, mode, each, seed, count = "", "", "new", 1, "", 0

function init(args)
  form, path, mode, each, seed = args[1], args[2], args[4], tonumber(args[5]), args[6] or ""
  wrk.headers["Content-Type"] = "application/json"
  if form == "tocsin" then wrk.headers["Authorization"] = "Bearer " .. args[3] end
end

local SHAPES = {
  tocsin = '{"dedup_key":"%s","severity":"error","title":"Disk almost full on db-%s","message":"The disk /var of ' ..
    'db-%s is 93 %% full","source":"prometheus","labels":{"alertname":"DiskFull","cluster":"c%d","host":"db-%s",' ..
    '"team":"storage","env":"prod","mount":"/var"}}',
  alertmanager = '{"annotations":{"summary":"Disk almost full on db-%s","description":"The disk /var of db-%s is 93 %% full"},' ..
    '"labels":{"alertname":"DiskFull","instance":"%s","cluster":"c%d","host":"db-%s","team":"storage",' ..
    '"severity":"error","env":"prod","mount":"/var"}}',
  alerta = '{"resource":"%s","event":"DiskFull","environment":"Production","severity":"major","service":["storage"],' ..
    '"text":"The disk /var of db-%s is 93 %% full","value":"93 %%","origin":"prometheus","tags":["host=db-%s",' ..
    '"cluster=c%d"],"attributes":{"host":"db-%s","team":"storage","mount":"/var"}}',
}
SHAPES.prometheus = '{"status":"firing","startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z",' ..
  SHAPES.alertmanager:sub(2):gsub('"error"', '"major"') -- it knows no error

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
  elseif form == "prometheus" then
    body = '{"alerts":[' .. body .. "]}"
  elseif form == "tocsin" and each > 1 then
    body = '{"events":[' .. body .. "]}"
  end
  return wrk.format("POST", path, nil, body)
end
