-- The names of everything that a process wrote down, as far as this server knows.
local names = redis.call('HKEYS', P .. 'process:' .. ARGV[1])
for i, name in ipairs(names) do
  if name == '#' then
    table.remove(names, i)
    break
  end
end
return {'done', names}
