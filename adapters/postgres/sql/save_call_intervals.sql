insert into call_intervals (call_id, number, epoch, started_at, ended_at)
select id, number, epoch, started, ended
from unnest($1::text[]::uuid[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
    as g (id, number, epoch, started, ended)
on conflict (call_id, number) do update set ended_at = excluded.ended_at
