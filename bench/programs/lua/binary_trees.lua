-- Many small tables of two kinds of life: trees that are dropped at once, and one that stays.

local function bottom_up(depth)
  if depth == 0 then return {} end
  return { bottom_up(depth - 1), bottom_up(depth - 1) }
end

local function count(tree)
  if not tree[1] then return 1 end
  return 1 + count(tree[1]) + count(tree[2])
end

local least, most = 4, 11
local kept = bottom_up(most)
local nodes = count(bottom_up(most + 1))
for depth = least, most, 2 do
  for _ = 1, 1 << (most - depth + least - 1) do nodes = nodes + count(bottom_up(depth)) end
end
return nodes .. ' ' .. count(kept)
