with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
removed as (
    delete from webhook_endpoints where id = $3::text::uuid and exists (select from fence)
)
select true from fence
