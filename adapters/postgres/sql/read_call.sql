{facts},
    exists (
        select from ledger_transfers b
        where b.kind = 'refund' and b.ref like 'call:%' and b.ref = 'call:' || c.id
    ) as reversed,
    (
        select jsonb_agg(jsonb_build_array(n.number, n.epoch,
            (extract(epoch from n.started_at) * 1000000)::bigint,
            (extract(epoch from n.ended_at) * 1000000)::bigint) order by n.number)
        from call_intervals n where n.call_id = c.id
    ) as interval_rows,
    (
        select jsonb_agg(jsonb_build_array(b.number, b.amount, b.generation,
            (extract(epoch from b.due_at) * 1000000)::bigint, b.paid, b.shares) order by b.number)
        from call_blocks b where b.call_id = c.id
    ) as block_rows
from calls c
left join call_intervals i on i.call_id = c.id and i.number = c.interval_number
left join call_evidence e on e.call_id = c.id and e.epoch = c.epoch
where c.id = $1::text::uuid
