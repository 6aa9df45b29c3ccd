-- The revisions of rooms.
-- Answers {'lapsed'}, or {'done', epoch, number of processes whose lease ended, revision, ...}.
local process, lease = ARGV[1], tonumber(ARGV[2])
if not is_live(process, lease) then
  return {'lapsed'}
end
local leases = P .. 'leases'
local all, live = redis.call('ZCARD', leases), redis.call(
  'ZCOUNT', leases, '(' .. text(now), text(now + 2 * lease))
local answer = {'done', redis.call('HGET', P .. 'epoch', 'id') or '', all - live}
for i = 3, #ARGV do
  answer[#answer + 1] = redis.call('HGET', P .. 'revisions', ARGV[i]) or '0'
end
return answer
