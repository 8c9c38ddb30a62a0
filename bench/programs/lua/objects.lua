-- What programs keep in a scripting language: objects with methods, queues that move on, tables that grow and
-- shrink, closures, iterators; and a text of nested values written and read again.

local Account = {}
Account.__index = Account
function Account.new(owner, balance) return setmetatable({ owner = owner, balance = balance, log = {} }, Account) end
function Account:move(other, amount)
  self.balance = self.balance - amount
  other.balance = other.balance + amount
  local log = self.log
  log[#log + 1] = { to = other.owner, amount = amount }
  if #log > 20 then self.log = {} end
end

local accounts = {}
for i = 1, 500 do accounts[i] = Account.new('owner ' .. i, 1000 + i) end
for i = 1, 20000 do accounts[i * 7 % 500 + 1]:move(accounts[i * 13 % 500 + 1], i % 17) end
local sum = 0
for i, account in ipairs(accounts) do sum = sum + i * account.balance + #account.log end

local queue, first, last = {}, 1, 0
for i = 1, 30000 do
  last = last + 1
  queue[last] = { number = i, name = 'job ' .. i % 97 }
  if i % 3 ~= 0 then
    sum = sum + queue[first].number % 11
    queue[first] = nil
    first = first + 1
  end
end
sum = sum + last - first

local makers = {}
for i = 1, 3000 do
  local kept = i
  makers[i] = function(x) kept = kept + x return kept end
end
for i, make in ipairs(makers) do sum = sum + make(i) % 13 end

local function steps(n, factor)
  local k = 0
  return function()
    k = k + 1
    if k <= n then return { k = k, value = k * factor } end
  end
end
for i = 1, 2000 do
  for step in steps(5, i) do sum = sum + step.value % 7 end
end

local function write(value, out)
  if type(value) ~= 'table' then
    out[#out + 1] = type(value) == 'string' and string.format('%q', value) or tostring(value)
    return
  end
  out[#out + 1] = '{'
  for _, one in ipairs(value) do
    write(one, out)
    out[#out + 1] = ','
  end
  out[#out + 1] = '}'
end
local tree = {}
for i = 1, 800 do tree[i] = { i, 'name ' .. i, { i % 3, { 'deep' .. i % 5 } } } end
for _ = 1, 2 do
  local out = {}
  write(tree, out)
  tree = load('return ' .. table.concat(out))()
end
return string.format('%d %d %s', sum, #tree, tree[800][3][2][1])
