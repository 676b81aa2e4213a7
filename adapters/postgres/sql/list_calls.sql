{facts},
    exists (
        select from ledger_transfers b
        where b.kind = 'refund' and b.ref like 'call:%' and b.ref = 'call:' || c.id
    ) as reversed
from (
    (
        select * from calls where fan_id = $1
            and (not $4::boolean or (status = 'ringing' and accepted_at is null and initiator = 'creator'))
        order by created_at desc, id desc limit $2::bigint + $3::bigint + 1
    )
    union all
    (
        select * from calls where creator_id = $1
            and (not $4::boolean or (status = 'ringing' and accepted_at is null and initiator = 'fan'))
        order by created_at desc, id desc limit $2::bigint + $3::bigint + 1
    )
) c
left join call_intervals i on i.call_id = c.id and i.number = c.interval_number
left join call_evidence e on e.call_id = c.id and e.epoch = c.epoch
order by c.created_at desc, c.id desc limit $2::bigint + 1 offset $3::bigint
