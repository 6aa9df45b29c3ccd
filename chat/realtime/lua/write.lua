-- Write down entries of a process, as (name, value); an empty value takes the entry away.
-- Answers {'lapsed'}, {'late'}, or {'done', room, revision before, revision now, ...}.
local process, step, lease, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if not is_live(process, lease) then
  return {'lapsed'}
end
if is_late(process, step) then
  return {'late'}
end
local index = P .. 'process:' .. process
local changed = {}
for i = 5, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  local key, field, room = place(name, process)
  local is_change
  if value == '' then
    is_change = redis.call('HDEL', key, field) == 1
    redis.call('HDEL', index, name)
  else
    is_change = redis.call('HGET', key, field) ~= value
    if is_change then
      redis.call('HSET', key, field, value)
    end
    redis.call('HSET', index, name, '')
    redis.call('EXPIRE', key, kept)
  end
  if room and is_change then
    changed[room] = true
  end
end
local answer = {'done'}
for room in pairs(changed) do
  local before, after = bump(room)
  answer[#answer + 1] = room
  answer[#answer + 1] = before
  answer[#answer + 1] = after
end
return answer
