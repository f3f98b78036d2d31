local function inside(size, steps)
    local count = 0
    for row = 0, size - 1 do
        local ci = 2.0 * row / size - 1.0
        for column = 0, size - 1 do
            local cr = 2.0 * column / size - 1.5
            local zr = 0.0
            local zi = 0.0
            local escaped = false
            for step = 1, steps do
                local rr = zr * zr
                local ii = zi * zi
                if rr + ii > 4.0 then
                    escaped = true
                    break
                end
                zi = 2.0 * zr * zi + ci
                zr = rr - ii + cr
            end
            if not escaped then
                count = count + 1
            end
        end
    end
    return count
end

local n = tonumber(arg[1]) or 800
print(inside(n, 60))
