with heads as (
    select distinct on (aggregate collate "C") event, next_at, aggregate, seq
    from webhook_deliveries where endpoint = $1::text::uuid and state = 'pending'
    order by aggregate collate "C", seq
),
due as materialized (
    select event from heads where next_at <= $2
    order by next_at, aggregate collate "C", seq limit $3
)
select endpoint::text, event::text, type, aggregate, seq, body, created_at as created_at_us,
    next_at as next_us, state, attempts, first_at as first_us, last_at as last_us, status, error
from webhook_deliveries where endpoint = $1::text::uuid and event in (select event from due)
order by next_at, aggregate collate "C", seq
