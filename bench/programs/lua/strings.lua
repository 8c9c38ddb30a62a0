-- Strings of all lengths: grown by one piece at a time, joined, cut up, replaced.

local random = 42
local function below(limit)
  random = (random * 1103515245 + 12345) % 2147483648
  return (random >> 8) % limit
end

local letters = 'abcdefghijklmnopqrstuvwxyz'
local function word()
  local from = 1 + below(16)
  return letters:sub(from, from + below(11))
end

local sum = 0
local function take(text) sum = (sum * 31 + #text + (text:byte(#text) or 0)) % 1000000007 end

for _ = 1, 6 do
  local text = ''
  for _ = 1, 400 do text = text .. word() .. ' ' end
  take(text)
end

local words = {}
for i = 1, 12000 do words[i] = word() .. i end
local all = table.concat(words, ',')
take(all)

local counts = {}
for found in all:gmatch('%a+') do counts[found] = (counts[found] or 0) + 1 end
local names = {}
for name in pairs(counts) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do take(string.format('%s=%d', name, counts[name])) end

take(all:gsub('%d+', function(digits) return '<' .. digits .. '>' end))
take(all:rep(3):upper():reverse())

local lines = {}
for i = 1, 3000 do
  lines[#lines + 1] = string.format('%08x %10.3f %s', i * 2654435761 % 4294967296, i / 7, words[i])
  if #lines == 250 then
    take(table.concat(lines, '\n'))
    lines = {}
  end
end
return sum .. ' ' .. #names
