local function count_ints(rounds)
    local counts = {}
    local size = 0
    local x = 1
    for i = 1, rounds do
        x = x * 48271 % 2147483647
        local key = x % 5003
        if counts[key] ~= nil then
            counts[key] = counts[key] + 1
        else
            counts[key] = 1
            size = size + 1
        end
    end
    local best = 0
    for key in pairs(counts) do
        if counts[key] > best then
            best = counts[key]
        end
    end
    return size * 100000 + best
end

local function look_up_names(names, rounds)
    local scores = {}
    for i = 1, #names do
        scores[names[i]] = i - 1
    end
    local total = 0
    for i = 0, rounds - 1 do
        total = total + scores[names[i % #names + 1]]
    end
    return total
end

local function come_and_go(rounds)
    local entries = {}
    local live = 0
    for i = 0, rounds - 1 do
        entries[i] = i * 3
        live = live + 1
        if i >= 100 then
            local total = entries[i - 100]
            if total % 2 == 0 then
                entries[i - 100] = nil
                live = live - 1
            end
        end
    end
    return live
end

local n = tonumber(arg[1]) or 1300000
print(count_ints(n))
local names = {}
for i = 0, 299 do
    names[#names + 1] = "name" .. tostring(i * 37)
end
print(look_up_names(names, n * 2))
print(come_and_go(n))
