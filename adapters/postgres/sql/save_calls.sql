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
    total_cost = g.cost,
    creator_earned = g.earned
from unnest($1::text[]::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
        $5::timestamptz[], $6::bigint[], $7::integer[], $8::timestamptz[], $9::timestamptz[],
        $10::text[], $11::integer[], $12::integer[], $13::timestamptz[], $14::text[],
        $15::text[], $16::timestamptz[], $17::bigint[], $18::bigint[])
    as g (id, epoch, ringing, accepted, connected, closed, interval_number, evidence, paused,
        paused_by, blocks, generation, ended, reason, ended_by, settled, cost, earned)
where c.id = g.id and c.epoch = g.epoch
returning c.id::text
