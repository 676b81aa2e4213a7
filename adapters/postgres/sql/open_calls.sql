with taken as (
    -- What the last meter has noted becomes the call's own before nobody may read it any more.
    update calls c set
        epoch = c.epoch + 1,
        evidence_at = greatest(c.evidence_at, (
            select e.at from call_evidence e where e.call_id = c.id and e.epoch = c.epoch
        ))
    where c.id = any ($1::text[]::uuid[])
    returning c.*
)
{facts},
    (
        select coalesce(sum(b.amount), 0)::bigint from call_blocks b
        where b.call_id = c.id and b.paid
    ) as paid,
    (
        select coalesce(sum(b.creator_share), 0)::bigint from call_blocks b
        where b.call_id = c.id and b.paid
    ) as earned,
    (
        select jsonb_agg(jsonb_build_array(b.number, b.amount, b.generation,
            (extract(epoch from b.due_at) * 1000000)::bigint, null, b.shares) order by b.number)
        from call_blocks b where b.call_id = c.id and b.paid is null
    ) as unpaid
from taken c
left join call_intervals i on i.call_id = c.id and i.number = c.interval_number
left join call_evidence e on e.call_id = c.id and e.epoch = c.epoch
