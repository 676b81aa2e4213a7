select c.id::text as id, c.epoch, c.fan_id, c.creator_id, c.initiator, c.call_type, c.message,
    c.rate_tokens_per_min, c.created_at, c.ringing_at, c.accepted_at, c.connected_at, c.closed_us,
    c.interval_number, i.epoch as interval_epoch, i.started_at as interval_started_at,
    i.ended_at as interval_ended_at,
    greatest(c.evidence_at, e.at) as evidence_at,
    c.paused_at, c.paused_by, c.blocks, c.generation, c.ended_at, c.reason, c.ended_by,
    c.settled_at, c.total_cost, c.creator_earned
