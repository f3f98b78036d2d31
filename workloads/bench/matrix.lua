local function make(size, seed)
    local rows = {}
    for i = 0, size - 1 do
        local row = {}
        for j = 0, size - 1 do
            row[#row + 1] = (i * seed + j * 3) % 17 * 0.25
        end
        rows[#rows + 1] = row
    end
    return rows
end

local function transpose(matrix, size)
    local rows = {}
    for j = 1, size do
        local row = {}
        for i = 1, size do
            row[#row + 1] = matrix[i][j]
        end
        rows[#rows + 1] = row
    end
    return rows
end

local function multiply(a, b, size)
    local columns = transpose(b, size)
    local product = {}
    for i = 1, size do
        local row = a[i]
        local out = {}
        for j = 1, size do
            local column = columns[j]
            local total = 0.0
            for k = 1, size do
                total = total + row[k] * column[k]
            end
            out[#out + 1] = total
        end
        product[#product + 1] = out
    end
    return product
end

local n = tonumber(arg[1]) or 320
local product = multiply(make(n, 5), make(n, 7), n)
local trace = 0.0
for i = 1, n do
    trace = trace + product[i][n + 1 - i]
end
print(string.format("%.3f", trace))
