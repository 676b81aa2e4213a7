with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
saved as (
    update webhook_deliveries set
        state = $5, attempts = $6, next_at = $7, first_at = $8, last_at = $9, status = $10,
        error = $11
    where endpoint = $3::text::uuid and event = $4::text::uuid and exists (select from fence)
),
turned as (
    update webhook_endpoints set disabled = $12, disabled_at = $9
    where id = $3::text::uuid and $12::text is not null and exists (select from fence)
)
select true from fence
