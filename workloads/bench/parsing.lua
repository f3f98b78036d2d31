local sub, byte = string.sub, string.byte
local expression

local function new_reader(text)
    return { text = text, at = 1, stop = #text }
end

local function peek(reader)
    if reader.at <= reader.stop then
        return sub(reader.text, reader.at, reader.at)
    end
    return ""
end

local function number(reader)
    local value = 0
    while reader.at <= reader.stop do
        local c = sub(reader.text, reader.at, reader.at)
        if c < "0" or c > "9" then
            break
        end
        value = value * 10 + byte(c) - 48
        reader.at = reader.at + 1
    end
    return value
end

local function factor(reader)
    if peek(reader) == "(" then
        reader.at = reader.at + 1
        local value = expression(reader)
        reader.at = reader.at + 1
        return value
    end
    return number(reader)
end

local function term(reader)
    local value = factor(reader)
    while true do
        local c = peek(reader)
        if c == "*" then
            reader.at = reader.at + 1
            value = value * factor(reader) % 1000003
        else
            return value
        end
    end
end

function expression(reader)
    local value = term(reader)
    while true do
        local c = peek(reader)
        if c == "+" then
            reader.at = reader.at + 1
            value = value + term(reader)
        elseif c == "-" then
            reader.at = reader.at + 1
            value = value - term(reader)
        else
            return value
        end
    end
end

local function source(count)
    local parts = {}
    for i = 0, count - 1 do
        parts[#parts + 1] = "(" .. i .. "+" .. (i * 7 % 100) .. "*(3-" .. (i % 9) .. "))*2"
    end
    return table.concat(parts, "-")
end

local n = tonumber(arg[1]) or 1500
local text = source(100)
local total = 0
for i = 1, n do
    total = (total + expression(new_reader(text))) % 1000003
end
print(#text .. " " .. total)
