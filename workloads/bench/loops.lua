local function longest_chain(limit)
    local best = 0
    local best_start = 0
    for start = 1, limit - 1 do
        local length = 1
        local x = start
        while x ~= 1 do
            if x % 2 == 0 then
                x = x // 2
            else
                x = 3 * x + 1
            end
            length = length + 1
        end
        if length > best then
            best = length
            best_start = start
        end
    end
    return best * 10000000 + best_start
end

local function congruential(rounds)
    local x = 42
    local odd = 0
    for i = 0, rounds - 1 do
        x = (x * 48271 + i) % 2147483647
        odd = odd + (x & 1)
    end
    return odd
end

local n = tonumber(arg[1]) or 150000
print(longest_chain(n))
print(congruential(n * 40))
