local sqrt = math.sqrt

local function body(x, y, z, vx, vy, vz, mass)
    return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }
end

local function energy(bodies)
    local total = 0.0
    for i = 1, #bodies do
        local a = bodies[i]
        total = total + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j = i + 1, #bodies do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            total = total - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return total
end

local function advance(bodies, dt)
    local count = #bodies
    for i = 1, count do
        local a = bodies[i]
        for j = i + 1, count do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            local squared = dx * dx + dy * dy + dz * dz
            local pull = dt / (squared * sqrt(squared))
            a.vx = a.vx - dx * b.mass * pull
            a.vy = a.vy - dy * b.mass * pull
            a.vz = a.vz - dz * b.mass * pull
            b.vx = b.vx + dx * a.mass * pull
            b.vy = b.vy + dy * a.mass * pull
            b.vz = b.vz + dz * a.mass * pull
        end
    end
    for _, each in ipairs(bodies) do
        each.x = each.x + dt * each.vx
        each.y = each.y + dt * each.vy
        each.z = each.z + dt * each.vz
    end
end

local n = tonumber(arg[1]) or 180000
local bodies = {
    body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0),
    body(4.5, -1.0, -0.1, 0.6, 2.8, -0.02, 0.04),
    body(8.3, 4.1, -0.4, -1.0, 1.8, 0.01, 0.01),
    body(12.9, -15.1, -0.2, 1.1, 0.9, -0.01, 0.002),
    body(15.4, -25.9, 0.2, 1.0, 0.6, -0.03, 0.002),
}
print(string.format("%.9f", energy(bodies)))
for step = 1, n do
    advance(bodies, 0.01)
end
print(string.format("%.9f", energy(bodies)))
