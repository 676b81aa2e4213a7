with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
turned as (
    update webhook_endpoints set secret = $4, previous_secret = $5, previous_until = $6
    where id = $3::text::uuid and exists (select from fence)
)
select true from fence
