insert into calls (id, fan_id, creator_id, initiator, call_type, message, rate_tokens_per_min,
    created_at)
select g.id, g.fan, g.creator, g.initiator, g.call_type, g.message, g.rate, g.created
from unnest($1::text[]::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::bigint[], $8::timestamptz[])
    as g (id, fan, creator, initiator, call_type, message, rate, created)
on conflict do nothing
returning id::text
