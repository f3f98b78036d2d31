local function place(row, size, columns, rising, falling)
    if row == size then
        return 1
    end
    local found = 0
    for column = 0, size - 1 do
        if not (columns[column] or rising[row + column] or falling[row - column + size - 1]) then
            columns[column] = true
            rising[row + column] = true
            falling[row - column + size - 1] = true
            found = found + place(row + 1, size, columns, rising, falling)
            columns[column] = false
            rising[row + column] = false
            falling[row - column + size - 1] = false
        end
    end
    return found
end

local function flags(count)
    local list = {}
    for i = 0, count - 1 do
        list[i] = false
    end
    return list
end

local n = tonumber(arg[1]) or 13
print(place(0, n, flags(n), flags(2 * n - 1), flags(2 * n - 1)))
