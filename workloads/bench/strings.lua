local function build(count)
    local parts = {}
    for i = 0, count - 1 do
        parts[#parts + 1] = "item" .. tostring(i) .. "=" .. tostring(i * i % 997)
    end
    return table.concat(parts, ",")
end

local function scan(text)
    local commas = 0
    local digits = 0
    for i = 1, #text do
        local c = string.byte(text, i)
        if c == 44 then
            commas = commas + 1
        elseif c >= 48 and c <= 57 then
            digits = digits + 1
        end
    end
    return commas * 1000000 + digits
end

local function pieces(text, width)
    local total = 0
    local at = 1
    while at <= #text do
        local piece = string.sub(text, at, at + width - 1)
        if string.find(piece, "9", 1, true) then
            total = total + #string.upper(piece)
        end
        at = at + width
    end
    return total
end

local n = tonumber(arg[1]) or 70000
for repetition = 1, 3 do
    local text = build(n)
    print(#text .. " " .. scan(text) .. " " .. pieces(text, 12))
end
