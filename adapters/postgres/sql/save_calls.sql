with saved as (
    update calls c set
        ringing_at = g.ringing,
        accepted_at = g.accepted,
        connected_at = g.connected,
        closed_us = g.closed,
        interval_number = g.interval_number,
        evidence_at = g.evidence,
        paused_at = g.paused,
        paused_by = g.paused_by,
        blocks = g.blocks,
        generation = g.generation,
        ended_at = g.ended,
        reason = g.reason,
        ended_by = g.ended_by,
        settled_at = g.settled,
        total_cost = g.cost
    from unnest($1::text[]::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[], $6::bigint[], $7::integer[], $8::timestamptz[], $9::timestamptz[],
            $10::text[], $11::integer[], $12::integer[], $13::timestamptz[], $14::text[],
            $15::text[], $16::timestamptz[], $17::bigint[])
        as g (id, epoch, ringing, accepted, connected, closed, interval_number, evidence, paused,
            paused_by, blocks, generation, ended, reason, ended_by, settled, cost)
    where c.id = g.id and c.epoch = g.epoch
    returning c.id
),
intervals as (
    insert into call_intervals (call_id, number, epoch, started_at, ended_at)
    select s.id, g.number, g.epoch, g.started, g.ended
    from unnest($18::text[]::uuid[], $19::integer[], $20::bigint[], $21::timestamptz[],
            $22::timestamptz[]) as g (id, number, epoch, started, ended)
    join saved s on s.id = g.id
    on conflict (call_id, number) do update set ended_at = excluded.ended_at
),
blocks as (
    insert into call_blocks (call_id, number, amount, generation, due_at, paid)
    select s.id, g.number, g.amount, g.generation, g.due, g.paid
    from unnest($23::text[]::uuid[], $24::integer[], $25::bigint[], $26::integer[],
            $27::timestamptz[], $28::boolean[]) as g (id, number, amount, generation, due, paid)
    join saved s on s.id = g.id
    on conflict (call_id, number) do update set paid = coalesce(excluded.paid, call_blocks.paid)
)
select id::text from saved
