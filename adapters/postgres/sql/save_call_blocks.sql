insert into call_blocks (call_id, number, amount, generation, due_at, paid)
select id, number, amount, generation, due, paid
from unnest($1::text[]::uuid[], $2::integer[], $3::bigint[], $4::integer[], $5::timestamptz[],
        $6::boolean[]) as g (id, number, amount, generation, due, paid)
on conflict (call_id, number) do update set paid = coalesce(excluded.paid, call_blocks.paid)
