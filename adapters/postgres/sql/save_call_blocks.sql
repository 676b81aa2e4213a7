insert into call_blocks (call_id, number, amount, generation, due_at, paid, creator_share, shares)
select id, number, amount, generation, due, paid, creator_share, shares::jsonb
from unnest($1::text[]::uuid[], $2::integer[], $3::bigint[], $4::integer[], $5::timestamptz[],
        $6::boolean[], $7::bigint[], $8::text[])
    as g (id, number, amount, generation, due, paid, creator_share, shares)
on conflict (call_id, number) do update set paid = coalesce(excluded.paid, call_blocks.paid)
