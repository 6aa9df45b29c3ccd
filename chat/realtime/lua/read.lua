-- Everything that stands in some rooms, and which processes are alive. With '' for the process
-- anybody may ask.
-- Answers {'lapsed'}, or {'done', epoch, processes, revision, entries, revision, entries ...}.
local process, lease, kind = ARGV[1], tonumber(ARGV[2]), ARGV[3]
if process ~= '' and not is_live(process, lease) then
  return {'lapsed'}
end
local live = redis.call(
  'ZRANGEBYSCORE', P .. 'leases', '(' .. text(now), text(now + 2 * lease))
local answer = {'done', redis.call('HGET', P .. 'epoch', 'id') or '', live}
for i = 4, #ARGV do
  answer[#answer + 1] = redis.call('HGET', P .. 'revisions', ARGV[i]) or '0'
  answer[#answer + 1] = redis.call('HGETALL', P .. kind .. ARGV[i])
end
return answer
