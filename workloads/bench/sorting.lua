local function numbers(count)
    local values = {}
    local x = 17
    for i = 1, count do
        x = x * 48271 % 2147483647
        values[#values + 1] = x % 1000000
    end
    return values
end

local function insertion(values, low, high)
    for i = low + 1, high do
        local value = values[i]
        local j = i - 1
        while j >= low and values[j] > value do
            values[j + 1] = values[j]
            j = j - 1
        end
        values[j + 1] = value
    end
end

local function quicksort(values, low, high)
    while high - low > 12 do
        local pivot = values[(low + high) // 2]
        local i = low
        local j = high
        while i <= j do
            while values[i] < pivot do
                i = i + 1
            end
            while values[j] > pivot do
                j = j - 1
            end
            if i <= j then
                local kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i = i + 1
                j = j - 1
            end
        end
        if j - low < high - i then
            quicksort(values, low, j)
            low = i
        else
            quicksort(values, i, high)
            high = j
        end
    end
    insertion(values, low, high)
end

local function checksum(values)
    local check = 0
    for i = 1, #values do
        check = (check * 31 + values[i]) % 1000003
    end
    return check
end

local n = tonumber(arg[1]) or 400000
local values = numbers(n)
quicksort(values, 1, n)
print(checksum(values))
values = numbers(n)
table.sort(values)
print(checksum(values))
