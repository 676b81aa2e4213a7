select count(*) as calls, count(distinct fan_id) as fans,
    coalesce(sum(closed_us), 0)::bigint as active_us,
    coalesce(sum(creator_earned), 0)::bigint as earned, coalesce(max(closed_us), 0) as longest_us
from calls where creator_id = $1 and status = 'ended'
