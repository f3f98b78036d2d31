local function class(base)
    local c = {}
    c.__index = c
    if base then
        setmetatable(c, base)
    end
    return c
end

local Shape = class()
function Shape.init(self, size)
    self.size = size
    self.seen = 0
end
function Shape:touch()
    self.seen = self.seen + 1
    return self.seen
end
function Shape:area()
    return 0
end
function Shape:weight()
    return self:area() * 2 + self:touch()
end

local Square = class(Shape)
function Square.new(size)
    local self = setmetatable({}, Square)
    Shape.init(self, size)
    return self
end
function Square:area()
    return self.size * self.size
end

local Strip = class(Shape)
function Strip.new(size, width)
    local self = setmetatable({}, Strip)
    Shape.init(self, size)
    self.width = width
    return self
end
function Strip:area()
    return self.size * self.width
end

local Heavy = class(Square)
function Heavy.new(size)
    local self = setmetatable({}, Heavy)
    Shape.init(self, size)
    return self
end
function Heavy:weight()
    return Square.weight(self) + 1
end

local function total(shapes, rounds)
    local check = 0
    for i = 1, rounds do
        for _, shape in ipairs(shapes) do
            check = (check + shape:weight()) % 1000003
        end
    end
    return check
end

local n = tonumber(arg[1]) or 500000
local shapes = { Square.new(3), Strip.new(4, 2), Heavy.new(5), Square.new(7), Strip.new(1, 9) }
print(total(shapes, n))
