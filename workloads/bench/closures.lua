local function counter(start, step)
    local value = start
    return function()
        value = value + step
        return value
    end
end

local function compose(f, g)
    return function(x) return f(g(x)) end
end

local function fold(values, fn, start)
    local result = start
    for _, value in ipairs(values) do
        result = fn(result, value)
    end
    return result
end

local function made_and_dropped(rounds)
    local total = 0
    for i = 0, rounds - 1 do
        local advance = counter(i, 2)
        advance()
        total = (total + advance()) % 1000003
    end
    return total
end

local function called_often(rounds)
    local advance = counter(0, 3)
    local twice_and_one = compose(function(x) return x * 2 end, function(x) return x + 1 end)
    local total = 0
    for i = 1, rounds do
        total = (total + twice_and_one(advance())) % 1000003
    end
    return total
end

local n = tonumber(arg[1]) or 800000
print(made_and_dropped(n))
print(called_often(n * 2))
local values = {}
for i = 0, 999 do
    values[#values + 1] = i
end
local check = 0
for i = 0, n // 400 - 1 do
    check = fold(values, function(a, b) return (a * 3 + b + i) % 1000003 end, check)
end
print(check)
