with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
anew as (
    update webhook_deliveries set state = 'pending', attempts = 0, first_at = null, next_at = $5
    where endpoint = $3::text::uuid and event = $4::text::uuid and exists (select from fence)
    returning event
)
select exists (select from anew) as found from fence
