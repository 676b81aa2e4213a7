with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
)
insert into disputes (id, sale, kind, account, reason, status, opened_by, opened_at, closed_by,
    closed_at)
select $3::text::uuid, $4::text::uuid, $5, $6, $7, $8, $9, $10, $11, $12 from fence
on conflict (id) do update set
    status = excluded.status, closed_by = excluded.closed_by, closed_at = excluded.closed_at
returning true
