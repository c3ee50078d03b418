for _, v in ipairs(evidence.list) do added_claims[tostring(v)] = type(v) end
