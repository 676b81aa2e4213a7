select count(*) as calls, count(distinct fan_id) as fans,
    coalesce(sum(closed_us), 0)::bigint as active_us,
    coalesce(sum(creator_earned), 0)::bigint as earned, coalesce(max(closed_us), 0) as longest_us
from calls c
where creator_id = $1 and status = 'ended'
    and not exists (
        select from ledger_transfers b
        where b.kind = 'refund' and b.ref like 'call:%' and b.ref = 'call:' || c.id
    )
