local function f(n) return 1 + f(n) end
status = f(1)
