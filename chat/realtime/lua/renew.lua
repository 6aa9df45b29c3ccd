-- Renew the lease of a process, and clear away what processes left behind whose lease ended.
-- Answers {'late'}, or {'done', epoch, processes cleared, 1 if there is more, rooms changed ...}.
local process, step, known, fresh = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local length, lease, settle = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local may_reap, most, kept = ARGV[8] == '1', tonumber(ARGV[9]), ARGV[10]

local was_live = is_live(process, lease)
if is_late(process, step) then
  return {'late'}
end
local epoch = redis.call('HGET', P .. 'epoch', 'id')
local since = tonumber(redis.call('HGET', P .. 'epoch', 'since') or 0)
-- A process that lives and whose lease ended: it, or this server, was cut off or asleep, and the
-- leases of others may have ended for the same reason. Nobody is gone until they had time to come.
if not epoch or (epoch == known and not was_live) or since > now then
  epoch = fresh
  since = now
  redis.call('HSET', P .. 'epoch', 'id', epoch, 'since', text(since))
end
redis.call('ZADD', P .. 'leases', text(now + length), process)
for _, name in ipairs({'epoch', 'leases', 'revisions', 'clock', 'process:' .. process}) do
  redis.call('EXPIRE', P .. name, kept)
end
if not may_reap or epoch ~= known or now - since < settle then
  return {'done', epoch, 0, 0}
end

local function names_of(dead)
  local names, cursor = {}, '0'
  repeat
    local found = redis.call('HSCAN', P .. 'process:' .. dead, cursor, 'COUNT', most)
    cursor = found[1]
    for i = 1, #found[2], 2 do
      names[#names + 1] = found[2][i]
    end
  until cursor == '0' or #names >= most
  return names, cursor ~= '0'
end

local ended, changed, has_more = 0, {}, 0
local function clear(dead)
  local names, is_part = names_of(dead)
  for _, name in ipairs(names) do
    local key, field, room = place(name, dead)
    if key and redis.call('HDEL', key, field) == 1 and room then
      changed[room] = true
    end
    redis.call('HDEL', P .. 'process:' .. dead, name)
  end
  if is_part then
    has_more = 1
    return
  end
  redis.call('DEL', P .. 'process:' .. dead)
  redis.call('ZREM', P .. 'leases', dead)
  ended = ended + 1
end

-- One for each call: a step must not hold up the whole server.
local dead = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', text(now), 'LIMIT', 0, 2)
if #dead == 0 then
  dead = redis.call(
    'ZRANGEBYSCORE', P .. 'leases', '(' .. text(now + 2 * lease), '+inf', 'LIMIT', 0, 2)
end
if dead[1] then
  clear(dead[1])
end
local answer = {'done', epoch, ended, (dead[2] and 1) or has_more}
for room in pairs(changed) do
  bump(room)
  answer[#answer + 1] = room
end
return answer
