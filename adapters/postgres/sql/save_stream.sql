with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
)
insert into streams (id, creator_id, channel, title, description, category, type, status,
    price_tokens, max_tickets, created_at, started_at, ended_at)
select $3::text::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from fence
on conflict (id) do update set
    title = excluded.title, description = excluded.description, category = excluded.category,
    status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at
returning true
