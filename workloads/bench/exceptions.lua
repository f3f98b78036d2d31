local Refused = {}
Refused.__index = Refused
local function refused_of(amount)
    return setmetatable({ amount = amount }, Refused)
end

local function withdraw(balance, amount)
    if amount > balance then
        error(refused_of(amount))
    end
    return balance - amount
end

local function attempt(balance, amount)
    return (withdraw(balance, amount))
end

local function raised_and_caught(rounds)
    local refused = 0
    local balance = 100
    for i = 0, rounds - 1 do
        local fine, result = pcall(attempt, balance, i % 7 * 10)
        if fine then
            balance = result
        elseif getmetatable(result) == Refused then
            refused = refused + result.amount
            balance = balance + 100
        else
            error(result)
        end
    end
    return refused * 1000 + balance
end

local function nothing_raised(rounds)
    local total = 0
    for i = 0, rounds - 1 do
        local fine, result = pcall(attempt, total + 50, i % 50)
        if fine then
            total = result % 1000
        elseif getmetatable(result) == Refused then
            total = 0
        else
            error(result)
        end
    end
    return total
end

local n = tonumber(arg[1]) or 2000000
print(raised_and_caught(n))
print(nothing_raised(n))
