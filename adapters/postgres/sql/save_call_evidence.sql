with live as (
    select g.id, g.epoch, g.at
    from unnest($1::text[]::uuid[], $2::bigint[], $3::timestamptz[]) as g (id, epoch, at)
    join calls c on c.id = g.id and c.epoch = g.epoch
),
noted as (
    insert into call_evidence (call_id, epoch, at)
    select id, epoch, at from live
    on conflict (call_id) do update set
        epoch = excluded.epoch,
        at = case
            when call_evidence.epoch = excluded.epoch then greatest(call_evidence.at, excluded.at)
            else excluded.at
        end
    where call_evidence.epoch <= excluded.epoch
)
select id::text from live
