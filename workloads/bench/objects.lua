local function new_cell(value)
    return { value = value, next = nil }
end

local function new_queue()
    return { first = nil, last = nil, size = 0 }
end

local function push(queue, value)
    local cell = new_cell(value)
    if queue.last == nil then
        queue.first = cell
    else
        queue.last.next = cell
    end
    queue.last = cell
    queue.size = queue.size + 1
end

local function pop(queue)
    local cell = queue.first
    queue.first = cell.next
    if queue.first == nil then
        queue.last = nil
    end
    queue.size = queue.size - 1
    return cell.value
end

local function run(rounds)
    local queue = new_queue()
    local check = 0
    for i = 0, rounds - 1 do
        push(queue, i)
        if queue.size > 100 then
            check = (check * 31 + pop(queue)) % 1000003
        end
    end
    while queue.size > 0 do
        check = (check * 31 + pop(queue)) % 1000003
    end
    return check
end

local n = tonumber(arg[1]) or 1500000
print(run(n))
