for k, v in pairs(session) do table.insert({}, k:upper():sub(2, -2) .. v) end
local s = ("a,b"):split(",")
added_claims.s = table.concat(s, ";")
