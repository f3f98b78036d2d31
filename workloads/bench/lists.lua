local function sieve(limit)
    local prime = {}
    for i = 0, limit do
        prime[i] = true
    end
    prime[0] = false
    prime[1] = false
    local i = 2
    while i * i <= limit do
        if prime[i] then
            for j = i * i, limit, i do
                prime[j] = false
            end
        end
        i = i + 1
    end
    local count = 0
    for k = 0, limit do
        if prime[k] then
            count = count + 1
        end
    end
    return count
end

local function grow_and_fold(limit)
    local values = {}
    for i = 0, limit - 1 do
        values[#values + 1] = i * 7 % 1013
    end
    local total = 0
    for i = #values, 1, -1 do
        total = (total * 3 + values[i]) % 1000003
    end
    return total
end

local n = tonumber(arg[1]) or 1500000
for repetition = 1, 4 do
    print(sieve(n))
    print(grow_and_fold(n))
end
