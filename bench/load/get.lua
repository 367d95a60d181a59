-- One path over and over. Arguments: token and path.
function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.path = args[2]
end
