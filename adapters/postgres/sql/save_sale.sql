with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
)
insert into space_ticket_sales (id, space_type, space_id, ticket_type, price_tokens, max_tickets,
    status, payee, opened_by, opened_at, closed_at)
select $3::text::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from fence
on conflict (id) do update set
    price_tokens = excluded.price_tokens, status = excluded.status,
    closed_at = excluded.closed_at
returning true
