local function make(depth)
    if depth == 0 then
        return { left = nil, right = nil }
    end
    return { left = make(depth - 1), right = make(depth - 1) }
end

local function count(tree)
    if tree.left == nil then
        return 1
    end
    return 1 + count(tree.left) + count(tree.right)
end

local n = tonumber(arg[1]) or 14
local kept = make(n)
for depth = 4, n, 2 do
    local trees = 1 << (n - depth + 4)
    local check = 0
    for i = 1, trees do
        check = check + count(make(depth))
    end
    print(depth .. " " .. trees .. " " .. check)
end
print(count(kept))
