-- Stands before each of the other scripts.
--
-- KEYS[1] is what all names begin with. Times are milliseconds of this server's own clock, the
-- only one that all processes share.
--   epoch           id and since: a new id says "write everything anew"
--   leases          each process, with the time at which its lease ends
--   room:<id>       "<user>.<process>" -> what the process says of the user
--   user:<id>       process -> how many connections the user has there
--   process:<id>    the names of its entries, and "#", the number of its latest step
--   revisions       of each room that is not empty; "clock" is where they are drawn from
local P = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

-- Ends that nobody could have set are from before the clock went back.
local function is_live(process, lease)
  local ends = tonumber(redis.call('ZSCORE', P .. 'leases', process) or 0)
  return ends > now and ends <= now + 2 * lease
end

-- Where the entry of that name stands: key, field, and the room it belongs to if any.
local function place(name, process)
  local room, user = string.match(name, '^r%.(%d+)%.(%d+)$')
  if room then
    return P .. 'room:' .. room, user .. '.' .. process, room
  end
  user = string.match(name, '^c%.(%d+)$')
  return user and P .. 'user:' .. user, process
end

-- A connection that was given up may still have had a command under way: it is carried out later,
-- even after what was sent over the next connection.
local function is_late(process, step)
  local index = P .. 'process:' .. process
  if tonumber(step) < tonumber(redis.call('HGET', index, '#') or 0) then
    return true
  end
  redis.call('HSET', index, '#', step)
  return false
end

-- The room's entries changed. A number is never given twice, so that an empty room needs none.
local function bump(room)
  local before = redis.call('HGET', P .. 'revisions', room) or '0'
  local after = '0'
  if redis.call('EXISTS', P .. 'room:' .. room) == 1 then
    after = text(redis.call('INCR', P .. 'clock'))
    redis.call('HSET', P .. 'revisions', room, after)
  else
    redis.call('HDEL', P .. 'revisions', room)
  end
  return before, after
end
